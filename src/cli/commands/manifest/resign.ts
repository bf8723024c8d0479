import { Command, Option } from 'commander';
import { toForgeError } from '../../../errors.js';
import type { ResignedManifest } from '../../../manifest/resign.js';
import { jsonOption } from '../../arguments.js';
import { inputName } from '../../manifest-input.js';
import { printJson, printNote, printText, printWarning } from '../../output.js';
import { expiresOption, placeHelp, placeOptions, type SigningFlags } from '../../signing-options.js';
import { type OutputFlags, outputOptions, outputPath } from './shared-options.js';

type ResignFlags = SigningFlags & OutputFlags;

const help = `
Signs every PreSignedUrl anew, for the bucket and the key that it names, and leaves all else as it is, to the last
space. A URL that names none, such as that of the documented sample, is signed for --bucket and the Filename of its
disk; with --prefix the key is FOLDER and the last part of Filename. Nothing is sent.
${placeHelp}Before all that but the flags, region and object storage are those of each URL.

The manifest has to be strict JSON (see manifest repair). A FILE of - is standard input.

Exit status: 0 done, 1 failed, 2 bad usage, 130 interrupted.

Examples:
  $ omiforge manifest resign manifest.json > renewed.json
  $ omiforge manifest resign --expires 12h --force -o manifest.json manifest.json
  $ omiforge manifest repair sample.txt | omiforge manifest resign --bucket my-images -o manifest.json -
`;

/** `omiforge manifest resign FILE` */
export function resignCommand(): Command {
  const command = new Command('resign')
    .description('sign the URLs of a manifest anew')
    .argument('<file>', 'manifest with the URLs, or - for standard input')
    .addOption(new Option('--bucket <name>', 'bucket of the objects whose URLs name none'))
    .addOption(new Option('--prefix <folder>', 'folder of these objects in the bucket'));
  for (const option of [...placeOptions(), expiresOption(), ...outputOptions(), jsonOption()])
    command.addOption(option);
  return command.addHelpText('after', help).action(run);
}

async function run(path: string, flags: ResignFlags): Promise<void> {
  const output = outputPath(flags.output);
  const force = flags.force ?? false;
  const { checkTarget } = await import('../../../files/target-file.js');
  if (output !== undefined) await checkTarget(output, force);
  const resigned = await resign(path, flags);
  if (output !== undefined) {
    const { saveManifestText } = await import('../../../manifest/save.js');
    await saveManifestText(resigned.text, output, force);
  }
  print(path, output, resigned, flags.json ?? false);
}

async function resign(path: string, flags: ResignFlags): Promise<ResignedManifest> {
  const { readManifestInput } = await import('../../manifest-input.js');
  // Loaded here: the signer takes longer to load than all other commands take to start.
  const { resignManifest } = await import('../../../manifest/resign.js');
  const { bucket, prefix, profile, config, region, endpoint, expires: expiresSeconds } = flags;
  try {
    const request = { bucket, prefix, profile, config, region, endpoint, expiresSeconds };
    return await resignManifest(await readManifestInput(path), request);
  } catch (thrown) {
    throw toForgeError(thrown, inputName(path));
  }
}

function print(
  path: string,
  output: string | undefined,
  { text, urlsExpireAt, urlCount, warnings }: ResignedManifest,
  json: boolean,
): void {
  for (const warning of warnings) printWarning(warning);
  printNote(`the URLs work until ${urlsExpireAt.toISOString()}`);
  if (json) {
    const whole = output === undefined ? { text } : {};
    printJson({
      file: path,
      output: output ?? null,
      'urls-expire-at': urlsExpireAt.toISOString(),
      'url-count': urlCount,
      warnings,
      ...whole,
    });
  } else if (output === undefined) {
    printText(text);
  }
}

import { Command } from 'commander';
import { toForgeError } from '../../../errors.js';
import type { RepairedManifest } from '../../../manifest/repair/repair.js';
import { jsonOption } from '../../arguments.js';
import { countText, faultText, reviewJson } from '../../fault-text.js';
import { inputName } from '../../manifest-input.js';
import { printJson, printNote, printText } from '../../output.js';
import { atOption, type OutputFlags, outputOptions, outputPath } from './shared-options.js';

interface RepairFlags extends OutputFlags {
  readonly at?: Date;
}

const help = `
Makes strict JSON of a manifest that was written by hand or copied from the documentation, whose sample is none: commas
that are missing or too many, comments, single and curly quotes, keys without quotes, literals of Python, a byte order
mark, text around the manifest. Missing keys with only one possible value are added: Version, Description, Type, Public.
All other keys and values stay as they are, and in their order. What could be meant in several ways is refused.

What was changed, and what is wrong still, goes to standard error. A FILE of - is standard input.

Exit status: 0 it is strict JSON now, whatever else is wrong with it (see manifest validate), 1 it could not be mended,
2 bad usage.

Examples:
  $ omiforge manifest repair sample.txt -o manifest.json
  $ omiforge manifest repair --force manifest.json -o manifest.json
`;

/** `omiforge manifest repair FILE` */
export function repairCommand(): Command {
  const command = new Command('repair')
    .description('make strict JSON of a manifest, and say what was changed')
    .argument('<file>', 'manifest to mend, or - for standard input');
  for (const option of [...outputOptions(), atOption(), jsonOption()]) command.addOption(option);
  return command.addHelpText('after', help).action(run);
}

async function run(path: string, flags: RepairFlags): Promise<void> {
  const output = outputPath(flags.output);
  const force = flags.force ?? false;
  const { checkTarget } = await import('../../../files/target-file.js');
  if (output !== undefined) await checkTarget(output, force);
  const repaired = await repair(path, flags.at);
  if (output !== undefined) {
    const { saveManifestText } = await import('../../../manifest/save.js');
    await saveManifestText(repaired.text, output, force);
  }
  print(path, output, repaired, flags.json ?? false);
}

async function repair(path: string, at: Date | undefined): Promise<RepairedManifest> {
  const { readManifestInput } = await import('../../manifest-input.js');
  const { repairManifest } = await import('../../../manifest/repair/repair.js');
  try {
    return repairManifest(await readManifestInput(path), { now: at });
  } catch (thrown) {
    throw toForgeError(thrown, inputName(path));
  }
}

function print(
  path: string,
  output: string | undefined,
  { text, changes, review }: RepairedManifest,
  json: boolean,
): void {
  if (json) {
    const whole = output === undefined ? { text } : {};
    printJson({ file: path, output: output ?? null, changes, ...reviewJson(review), ...whole });
    return;
  }
  for (const { line, what } of changes) printNote(`line ${line}: ${what}`);
  if (changes.length === 0) printNote('nothing was changed');
  // Lines are those of the new text, which is where these are to be mended.
  const name = output ?? 'repaired';
  for (const fault of review.faults) printNote(faultText(name, fault));
  if (review.faults.length > 0) printNote(`${name}: ${countText(review.faults)} left`);
  if (output === undefined) printText(text);
}

import { Command } from 'commander';
import { ForgeError, toForgeError } from '../../../errors.js';
import type { ManifestReview } from '../../../manifest/review/review.js';
import { jsonOption } from '../../arguments.js';
import { inputName } from '../../manifest-input.js';
import { printJson, printLine } from '../../output.js';
import { atOption } from './shared-options.js';

interface ShowFlags {
  readonly at?: Date;
  readonly json?: boolean;
}

const help = `
Shows what a manifest says, as far as it can be read, whatever is wrong with it: the OMI, one row for each disk, until
when the URLs work, which edition of the documentation it follows, and how many faults 'omiforge manifest validate'
finds. Signatures are never shown. A FILE of - is standard input.

--json prints {file, image, disks, edition, errors, warnings, urls-expire-at}; sizes are in bytes.

Exit status: 0 done, 1 failed, 2 bad usage, 130 interrupted.

Examples:
  $ omiforge manifest show manifest.json
  $ omiforge manifest show --json manifest.json | jq -r '.disks[].key'
`;

/** `omiforge manifest show FILE` */
export function showCommand(): Command {
  return new Command('show')
    .description('show what a manifest says')
    .argument('<file>', 'manifest to show, or - for standard input')
    .addOption(atOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(run);
}

async function run(path: string, flags: ShowFlags): Promise<void> {
  const { readManifestInput } = await import('../../manifest-input.js');
  const { validateManifest } = await import('../../../manifest/review/review.js');
  const { manifestJson, manifestText } = await import('../../manifest-text.js');
  const name = inputName(path);
  const now = flags.at ?? new Date();
  let review: ManifestReview;
  try {
    review = validateManifest(await readManifestInput(path), { now });
  } catch (thrown) {
    throw toForgeError(thrown, name);
  }
  checkShowable(name, review);
  if (flags.json === true) printJson({ file: path, ...manifestJson(review) });
  else for (const line of manifestText(name, review, now)) printLine(line);
}

/** Of a file of another kind there is nothing to show. */
function checkShowable(path: string, { image, disks, faults }: ManifestReview): void {
  const { version, name, architecture } = image;
  if (disks.length > 0 || version !== undefined || name !== undefined || architecture !== undefined) return;
  const [fault] = faults;
  const found =
    fault === undefined ? 'is empty' : `line ${fault.line}, column ${fault.column}: ${fault.message}`;
  throw new ForgeError('MANIFEST_INVALID', `is no manifest: ${found}`, { path });
}

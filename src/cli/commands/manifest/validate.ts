import { Command } from 'commander';
import { toForgeError } from '../../../errors.js';
import type { ManifestReview, ReviewOptions } from '../../../manifest/review/review.js';
import { printable } from '../../../printable.js';
import { jsonOption } from '../../arguments.js';
import { countText, faultText, reviewJson } from '../../fault-text.js';
import { inputName } from '../../manifest-input.js';
import { printError, printJson, printLine } from '../../output.js';
import { atOption, minimumLifeOption } from './shared-options.js';

interface ValidateFlags {
  readonly strict?: boolean;
  readonly online?: boolean;
  readonly at?: Date;
  readonly minLife?: number;
  readonly json?: boolean;
}

const help = `
Tells every fault: line and column, path, what was found, what to do, the code of the rule, and where the rule comes
from. An error is what the service refuses, or what makes the import fail. A warning is what the editions of the
documentation contradict each other about, or what nobody knows: A and B are the two editions of "Creating a manifest
file", C is the "Manifest file reference" of today.

A FILE of - is standard input. Signatures are never printed. Nothing is sent without --online, which asks for the first
bytes of each object as the import will, and compares its length with CompressedSize.

--json prints {file, valid, faults: [{severity, code, path, line, column, message, origin}], urls-expire-at}, or an
array for several files.

Exit status: 0 no errors, 1 errors (with --strict also warnings), 2 bad usage.

Examples:
  $ omiforge manifest validate manifest.json
  $ omiforge manifest validate --strict --online --min-life 12h manifest.json
  $ omiforge manifest validate --json *.json | jq -r '.[] | select(.valid | not) | .file'
`;

/** `omiforge manifest validate FILE...` */
export function validateCommand(signal: AbortSignal): Command {
  return new Command('validate')
    .description('tell every fault of a manifest, with its place and what to do')
    .argument('<file...>', 'manifests to judge, or - for standard input')
    .option('--strict', 'fail on warnings too')
    .option('--online', 'ask the object storage for each object')
    .addOption(minimumLifeOption())
    .addOption(atOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((paths: string[], flags: ValidateFlags) => run(paths, flags, signal));
}

async function run(paths: readonly string[], flags: ValidateFlags, signal: AbortSignal): Promise<void> {
  const reviews: (readonly [path: string, review: ManifestReview])[] = [];
  for (const path of paths) {
    try {
      reviews.push([path, await judge(path, flags, signal)]);
    } catch (thrown) {
      signal.throwIfAborted();
      // The other files are judged nevertheless.
      printError('manifest validate', toForgeError(thrown, inputName(path)));
      process.exitCode = 1;
    }
  }
  if (reviews.some(([, { valid }]) => !valid)) process.exitCode = 1;
  if (flags.json === true) {
    const values = reviews.map(([file, review]) => ({ file, ...reviewJson(review) }));
    if (paths.length > 1) printJson(values);
    else if (values[0] !== undefined) printJson(values[0]);
  } else {
    for (const [path, review] of reviews) printReview(inputName(path), review);
  }
}

async function judge(path: string, flags: ValidateFlags, signal: AbortSignal): Promise<ManifestReview> {
  const { readManifestInput } = await import('../../manifest-input.js');
  const { validateManifest } = await import('../../../manifest/review/review.js');
  const options: ReviewOptions = {
    now: flags.at,
    leastLifeMs: flags.minLife === undefined ? undefined : flags.minLife * 1000,
  };
  const review = validateManifest(await readManifestInput(path), options);
  let { faults } = review;
  if (flags.online === true) {
    const { askForObjects } = await import('../../../manifest/review/online.js');
    const { inTextOrder } = await import('../../../manifest/review/review-fault.js');
    faults = inTextOrder([...faults, ...(await askForObjects(review.disks, { signal }))]);
  }
  const valid = faults.every(({ severity }) => severity === 'warning' && flags.strict !== true);
  return { ...review, faults, valid };
}

function printReview(name: string, { valid, faults, urlsExpireAt }: ManifestReview): void {
  for (const fault of faults) printLine(printable(faultText(name, fault)));
  const verdict = valid ? 'valid' : 'not valid';
  const life = urlsExpireAt === undefined ? '' : `; the first URL works until ${urlsExpireAt.toISOString()}`;
  printLine(printable(`${name}: ${verdict}, ${countText(faults)}${life}`));
}

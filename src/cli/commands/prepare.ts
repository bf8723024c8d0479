import { readFile, stat } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { withoutSignatures } from '../../cloud/redact-url.js';
import { ForgeError, toForgeError } from '../../errors.js';
import { type FormatName, formatNames } from '../../image/format.js';
import type { LocatedBatch } from '../../snapshot/plan/batch.js';
import type { PlanFault } from '../../snapshot/plan/faults.js';
import { parseSize } from '../../snapshot/plan/sizes.js';
import type { PreparedBatch } from '../../snapshot/prepare.js';
import { diskSizeFrom, integerFrom, jsonOption, threadsOption } from '../arguments.js';
import { BatchView } from '../batch-view.js';
import { printJson, printLine, printNote, printText, printWarning } from '../output.js';
import { bytesText } from '../quantities.js';
import { reportText } from '../report-text.js';

interface PrepareFlags {
  readonly output?: string;
  readonly name?: string;
  readonly description?: string;
  readonly productType?: string;
  readonly architecture?: string;
  readonly user?: string;
  readonly format?: FormatName;
  readonly level?: number;
  readonly pad?: string;
  readonly threads?: number;
  readonly memory?: number;
  readonly verify?: boolean;
  readonly paranoid?: boolean;
  readonly check?: boolean;
  readonly force?: boolean;
  readonly init?: boolean;
  readonly schema?: boolean;
  readonly json?: boolean;
}

const help = `
PLAN is a YAML or JSON file (.yaml, .yml or .json) that says which disks become which images. IMAGE... are the disks
of one image, the one that boots first, called --name. Each image gets a folder in DIR, with a file for each disk;
report.json says what each holds, with SHA-256, MD5, and the guest digest, which is the same for a disk in any format.

Everything that can be known before is checked before: all faults of the plan are told at once, each with its place,
and nothing is begun. Run the same again after an interruption, a failure or a change of the plan: what is finished of
the same source with the same options stays, the rest is done. Sources are told apart by path, length, date and inode.

--verify reads each finished file back once, with another decoder than the one that wrote it; 'omiforge verify DIR' does
that any time later. --paranoid looks for damage since, by the digests of what former runs have finished, and makes anew
what is damaged. 'omiforge manifest create DIR' makes the manifests.

One disk at a time takes some 110 MiB and 15 MiB for each thread, each further one 45 MiB more: --memory bounds how many
disks and threads there are.

--json prints an object with "directory", "kept", "warnings" and "report", which is what report.json holds; where disks
have failed one with "directory", "failed", "finished" and "untried"; where the plan is at fault, one with "faults".

Examples:
  Begin a plan, and let an editor know its keys:
    $ omiforge prepare --init > plan.yaml
    $ omiforge prepare --schema > plan.schema.json

  See what is wrong with it, then carry it out:
    $ omiforge prepare plan.yaml --check -o prepared
    $ omiforge prepare plan.yaml --verify -o prepared

  One image of two disks, without a plan, sizes made whole GiB:
    $ omiforge prepare root.raw data.qcow2 --name web-2026.1 --pad 1GiB -o prepared

Exit status: 0 all disks are prepared, 1 some are not, or the plan is at fault, 2 bad usage, 130 interrupted.
`;

/** `omiforge prepare PLAN | IMAGE... -o DIR` */
export function prepareCommand(signal: AbortSignal): Command {
  const command = new Command('prepare')
    .description('prepare the disks of one or many images for upload, resumable, with proof')
    .argument('[plan|image...]', 'a plan file, or the disks of one image')
    .option('-o, --output <dir>', 'directory for the prepared disks')
    .option('--name <name>', 'name of the OMI, where disks are given instead of a plan')
    .option('--description <text>', 'its description')
    .option('--architecture <name>', 'its architecture (default: x86_64)')
    .option('--product-type <code>', 'its product type (default: 0001)')
    .option('--user <id>', 'account id of the exporter, 12 digits')
    .addOption(
      new Option(
        '--format <fmt>',
        'format of disks for which the plan says none (default: qcow2.gz)',
      ).choices(formatNames),
    )
    .addOption(
      new Option(
        '--level <number>',
        'compression of a .gz for which the plan says none (default: 6)',
      ).argParser(integerFrom(0, 12)),
    )
    .addOption(
      new Option(
        '--pad <size>',
        'make virtual sizes for which the plan says nothing a multiple of this, such as 1GiB',
      ).argParser(padFrom),
    )
    .addOption(threadsOption())
    .addOption(
      new Option('--memory <size>', 'what may be taken of memory, such as 256M').argParser(diskSizeFrom),
    )
    .option('--verify', 'read each finished file back with another decoder, and compare')
    .option('--paranoid', 'prove what is finished already by its digest, not by its length')
    .option('--check', 'check the plan and its sources, and do nothing')
    .option('--force', 'replace files that no run has made')
    .option('--init', 'print a commented plan to begin with')
    .option('--schema', 'print the JSON Schema of plans')
    .addOption(jsonOption())
    .addHelpText('after', help);
  return command.action((inputs: string[], flags: PrepareFlags) => run(inputs, flags, signal));
}

async function run(inputs: readonly string[], flags: PrepareFlags, signal: AbortSignal): Promise<void> {
  if (flags.init === true) return printText((await import('../../snapshot/plan/example.js')).examplePlan);
  if (flags.schema === true)
    return printJson((await import('../../snapshot/plan/schema.js')).planJsonSchema());
  const directory = flags.output;
  if (directory === undefined || directory === '')
    throw usage("it is not said where the disks go; give '-o DIR'");
  try {
    const located = await readInputs(inputs, flags, directory);
    await carryOut(located, directory, flags, signal);
  } catch (thrown) {
    const { PlanError } = await import('../../snapshot/plan/faults.js');
    if (thrown instanceof PlanError) await tellFaults(thrown.path ?? '', thrown.faults, flags);
    throw thrown;
  }
}

/** As a plan has it. */
function padFrom(text: string): string {
  if (parseSize(text) !== undefined) return text;
  throw new InvalidArgumentError('Use a size in whole sectors of 512 bytes, such as 1GiB.');
}

function usage(message: string): ForgeError {
  return new ForgeError('ARGUMENT_INVALID', `${message}; see 'omiforge prepare --help'`);
}

const planEnding = /\.(?:ya?ml|json)$/i;

/** Options that say what a plan says itself. */
const forImages = ['name', 'description', 'architecture', 'productType', 'user'] as const;

async function readInputs(
  inputs: readonly string[],
  flags: PrepareFlags,
  directory: string,
): Promise<LocatedBatch> {
  const [first] = inputs;
  if (first === undefined) throw usage('there is no plan and no image');
  const plans = inputs.filter((input) => planEnding.test(input));
  if (plans.length > 0 && inputs.length > 1) throw usage('a plan stands alone; put all images into it');
  const foreign = plans.length > 0 ? forImages.find((key) => flags[key] !== undefined) : undefined;
  if (foreign !== undefined) {
    const option = foreign.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`);
    throw usage(`--${option} is for images without a plan; say it in the plan`);
  }
  const { planOf, readPlan } = await import('../../snapshot/plan/read-plan.js');
  const { PlanError } = await import('../../snapshot/plan/faults.js');
  const defaults = { format: flags.format, level: flags.level, pad: flags.pad };
  const reading =
    plans.length > 0
      ? readPlan(first, await readText(first), defaults)
      : planOf(planOfArguments(inputs, flags), {
          label: 'arguments',
          folder: '.',
          positionOf: () => undefined,
          defaults,
        });
  if (!('faults' in reading)) return reading;
  const { allFaults } = await import('../../snapshot/prepare.js');
  throw new PlanError(reading.readable.batch.label, await allFaults(reading, directory));
}

function planOfArguments(inputs: readonly string[], flags: PrepareFlags): unknown {
  if (flags.name === undefined) throw usage("the image has no name; give '--name NAME'");
  const { name, description, architecture, productType, user } = flags;
  const given = { description, architecture, user, 'product-types': productType?.split(',') };
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return { images: [{ name, ...Object.fromEntries(known), disks: inputs }] };
}

// A plan of thousands of disks takes less.
const mostPlanBytes = 4 * 2 ** 20;

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > mostPlanBytes) {
      const message = `has ${size} bytes; a plan has at most ${mostPlanBytes}`;
      throw new ForgeError('PLAN_INVALID', message, { path });
    }
    const bytes = await readFile(path);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    if (thrown instanceof TypeError)
      throw new ForgeError('PLAN_INVALID', 'is no text in UTF-8', { path, cause: thrown });
    throw toForgeError(thrown, path);
  }
}

async function carryOut(
  located: LocatedBatch,
  directory: string,
  flags: PrepareFlags,
  signal: AbortSignal,
): Promise<void> {
  const { checkBatch, prepareBatch } = await import('../../snapshot/prepare.js');
  if (flags.check === true) {
    const warnings = await checkBatch(located, directory, { force: flags.force, signal });
    await tellWarnings(located, warnings);
    if (flags.json === true) printJson({ directory, warnings: await texts(located, warnings) });
    else printLine(`${located.batch.label}: ${countText(located)}, ready to be prepared`);
    return;
  }
  const { leastMemoryBytes } = await import('../../snapshot/prepare-options.js');
  if (flags.memory !== undefined && flags.memory < leastMemoryBytes) {
    const least = bytesText(leastMemoryBytes);
    printWarning(
      `--memory ${bytesText(flags.memory)} cannot be held: one disk and one thread take some ${least}`,
    );
  }
  const view = await BatchView.create(located.batch);
  let prepared: PreparedBatch;
  try {
    const { threads, memory, verify, paranoid, force } = flags;
    prepared = await prepareBatch(located, directory, {
      threads,
      memoryBytes: memory,
      verify,
      paranoid,
      force,
      signal,
      ...view.observer,
    });
  } catch (thrown) {
    view[Symbol.dispose]();
    if (flags.json === true) await printIncomplete(directory, thrown);
    throw thrown;
  } finally {
    view[Symbol.dispose]();
  }
  await tellWarnings(located, prepared.warnings);
  if (flags.json === true) await printPrepared(located, directory, prepared);
  else printLine(reportText(directory, prepared));
}

async function printPrepared(
  located: LocatedBatch,
  directory: string,
  { report, keptDisks, warnings }: PreparedBatch,
): Promise<void> {
  printJson({ directory, kept: keptDisks, warnings: await texts(located, warnings), report });
}

async function printIncomplete(directory: string, thrown: unknown): Promise<void> {
  const { BatchError } = await import('../../snapshot/batch-error.js');
  if (!(thrown instanceof BatchError)) return;
  const { failures, finished, untried } = thrown.state;
  const failed = failures.map(({ file, source, error: { code, message } }) => ({
    file,
    source,
    code,
    message,
  }));
  printJson({ directory, failed, finished, untried });
}

function countText({ batch: { images } }: LocatedBatch): string {
  const disks = images.flatMap((image) => image.disks).length;
  return `${images.length} ${images.length === 1 ? 'image' : 'images'} with ${disks} ${disks === 1 ? 'disk' : 'disks'}`;
}

async function texts({ batch }: LocatedBatch, found: readonly PlanFault[]): Promise<readonly string[]> {
  const { faultText } = await import('../../snapshot/plan/faults.js');
  return found.map((fault) => withoutSignatures(faultText(batch.label, fault)));
}

async function tellWarnings(located: LocatedBatch, warnings: readonly PlanFault[]): Promise<void> {
  for (const text of await texts(located, warnings)) printWarning(text);
}

async function tellFaults(
  label: string,
  faults: readonly PlanFault[],
  { json }: PrepareFlags,
): Promise<void> {
  const { faultText, pathText } = await import('../../snapshot/plan/faults.js');
  for (const fault of faults) printNote(`fault: ${faultText(label, fault)}`);
  if (json !== true) return;
  printJson({
    plan: label,
    faults: faults.map(({ position, path, message }) => ({
      line: position?.line ?? null,
      column: position?.column ?? null,
      path: pathText(path),
      message: withoutSignatures(message),
    })),
  });
}

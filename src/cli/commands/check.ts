import { Command } from 'commander';
import type { ForgeError } from '../../errors.js';
import type { CheckResult } from '../../image/check.js';
import type { FormatName } from '../../image/format.js';
import type { CheckCounts } from '../../native/boundary.js';
import { printable } from '../../printable.js';
import { formatOption, jsonOption } from '../arguments.js';
import { printJson, printLine, printNote } from '../output.js';
import { ProgressLine } from '../progress.js';
import { exactBytesText } from '../quantities.js';

interface CheckFlags {
  readonly format?: FormatName;
  readonly json?: boolean;
}

/** The core names so many faults at most. */
const mostFindings = 100;

const exitStatus = { clean: 0, failed: 1, corrupt: 2, leaks: 3 };

const help = `
Counts all that refers to the clusters of a qcow2 and compares it with the refcounts, as qemu-img check does. Nothing
is changed, and no other file that the image names is opened. A .gz is inflated to its end, so that its checksums are
checked too; of a raw.gz that is all there is to check, of a raw nothing.

--json uses the key names of qemu-img check.

Exit status: 0 clean, 2 corrupt (or the gzip around it is), 3 leaks, which cost space but no data, 1 could not check.

Examples:
  $ omiforge check disk.qcow2.gz
  $ omiforge check --json disk.qcow2 | jq '.corruptions // 0'
`;

/** `omiforge check IMAGE` */
export function checkCommand(signal: AbortSignal): Command {
  return new Command('check')
    .description('check the refcounts and tables of a qcow2, and the checksums of a .gz')
    .argument('<image>', 'the image to check')
    .addOption(formatOption('-f, --format <fmt>', 'format of the image'))
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((path: string, flags: CheckFlags) => run(path, flags, signal));
}

/** A damaged .gz is a corrupt image; anything else that is thrown means that nothing is known. */
export function statusOfFailedCheck({ code }: ForgeError): number {
  const damaged = ['GZIP_CORRUPT', 'GZIP_TRUNCATED', 'GZIP_CHECKSUM_MISMATCH'];
  return damaged.includes(code) ? exitStatus.corrupt : exitStatus.failed;
}

async function run(path: string, flags: CheckFlags, signal: AbortSignal): Promise<void> {
  const { checkImage } = await import('../../image/check.js');
  let result: CheckResult;
  {
    using line = await ProgressLine.create();
    result = await checkImage(path, {
      format: flags.format,
      signal,
      onProgress: line.update,
      onWarning: line.warn,
    });
  }
  if (flags.json === true) printJson(checkJson(result));
  else for (const line of describe(result)) printLine(printable(line));
  process.exitCode = statusOf(result.counts);
  if (process.exitCode === exitStatus.failed) {
    printNote('the check is not complete: some refcounts cannot be found');
  }
}

function statusOf(counts: CheckCounts | undefined): number {
  if (counts === undefined) return exitStatus.clean;
  if (counts.checkErrors > 0) return exitStatus.failed;
  if (counts.corruptions > 0) return exitStatus.corrupt;
  return counts.leaks > 0 ? exitStatus.leaks : exitStatus.clean;
}

/** What `qemu-img check --output=json` would say: numbers that are 0 are left out, but for check-errors. */
function checkJson({ filename, format, counts }: CheckResult): Record<string, unknown> {
  const optional = {
    'image-end-offset': counts?.imageEndBytes,
    'total-clusters': counts?.totalClusters,
    'allocated-clusters': counts?.allocatedClusters,
    'fragmented-clusters': counts?.fragmentedClusters,
    'compressed-clusters': counts?.compressedClusters,
    corruptions: counts?.corruptions,
    leaks: counts?.leaks,
  };
  return {
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined && value !== 0)),
    'check-errors': counts?.checkErrors ?? 0,
    filename,
    format,
  };
}

function describe({ counts }: CheckResult): string[] {
  if (counts === undefined) return ['clean: the gzip data is whole and its checksums are right'];
  const { corruptions, leaks, checkErrors, findings } = counts;
  const faults = corruptions + leaks + checkErrors;
  return [
    ...findings,
    ...(findings.length === mostFindings ? [`and more: these are the first ${mostFindings}`] : []),
    faults === 0 ? 'clean: no corruptions, no leaks' : verdict(counts),
    ...advice(counts),
    usage(counts),
    `image end: ${exactBytesText(counts.imageEndBytes)}`,
  ];
}

function verdict({ corruptions, leaks, checkErrors }: CheckCounts): string {
  const parts = [
    ...(corruptions > 0 ? [counted(corruptions, 'corruption')] : []),
    ...(leaks > 0 ? [counted(leaks, 'leaked cluster')] : []),
    ...(checkErrors > 0 ? [`${counted(checkErrors, 'cluster')} that could not be checked`] : []),
  ];
  return `${corruptions > 0 ? 'corrupt' : 'not clean'}: ${parts.join(', ')}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function advice({ corruptions, leaks }: CheckCounts): string[] {
  if (corruptions > 0)
    return ["what is converted from it may be wrong; repair a copy of it with 'qemu-img check -r all'"];
  return leaks > 0 ? ["leaks cost room, no data; 'qemu-img check -r leaks' gives it back"] : [];
}

function usage(counts: CheckCounts): string {
  const { totalClusters, allocatedClusters, fragmentedClusters, compressedClusters } = counts;
  const percent = (part: number, whole: number) => (whole === 0 ? 0 : (100 * part) / whole).toFixed(2);
  return (
    `clusters: ${allocatedClusters} of ${totalClusters} allocated (${percent(allocatedClusters, totalClusters)}%), ` +
    `${percent(fragmentedClusters, allocatedClusters)}% fragmented, ` +
    `${percent(compressedClusters, allocatedClusters)}% compressed`
  );
}

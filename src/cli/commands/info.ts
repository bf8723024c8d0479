import { Command } from 'commander';
import { toForgeError } from '../../errors.js';
import type { GuestReport } from '../../guest/report.js';
import type { FormatName } from '../../image/format.js';
import type { ImageInfo } from '../../image/info.js';
import type { Qcow2Facts, Snapshot, UnknownExtension, UnknownFeature } from '../../native/boundary.js';
import { printable } from '../../printable.js';
import { formatOption, jsonOption } from '../arguments.js';
import { infoJson } from '../info-json.js';
import { alignRows, printError, printJson, printLine } from '../output.js';
import { bytesText, exactBytesText } from '../quantities.js';

interface InfoFlags {
  readonly format?: FormatName;
  readonly measure?: boolean;
  readonly guest?: boolean;
  readonly json?: boolean;
}

const help = `
Of a .gz only as much is inflated as is needed to know what is inside. gzip does not record the size of a large
raw disk: --measure inflates all of it to find out. Other files that an image names are never opened.

--guest tells what stands on the disk: partition table, file systems, what a machine starts with, which system it looks
like, and what is wrong. Nothing is mounted; tables and superblocks are all that is read. A .gz that omiforge has not
written is inflated into a temporary file for that.

--json uses the key names of qemu-img info, and adds "container", "file-length", "snapshot-count" and, where an image
cannot be converted, "refusal"; with --guest also "guest". One image gives an object, several give an array.

Exit status: 0 done, 1 an image could not be described, 2 bad usage, 130 interrupted.

Examples:
  $ omiforge info disk.qcow2.gz
  $ omiforge info --guest disk.qcow2
  $ omiforge info --guest --json disk.raw | jq -r '.guest.findings[].message'
  $ omiforge info --json *.qcow2 | jq -r '.[] | [.filename, .["virtual-size"]] | @tsv'
`;

/** `omiforge info IMAGE...` */
export function infoCommand(signal: AbortSignal): Command {
  return new Command('info')
    .description('describe images, also inside .gz')
    .argument('<image...>', 'files to describe')
    .addOption(formatOption('-f, --format <fmt>', 'format of the images'))
    .option('--measure', 'inflate a raw.gz to its end to learn the virtual size')
    .option('--guest', 'tell what stands on the disk as well')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((paths: string[], flags: InfoFlags) => run(paths, flags, signal));
}

interface Described {
  readonly info: ImageInfo;
  readonly guest: GuestReport | undefined;
}

async function run(paths: readonly string[], flags: InfoFlags, signal: AbortSignal): Promise<void> {
  const { readImageInfo } = await import('../../image/info.js');
  const { format, measure } = flags;
  const described: Described[] = [];
  for (const path of paths) {
    const info = await tried(path, signal, () => readImageInfo(path, { format, measure, signal }));
    if (info === undefined) continue;
    const guest =
      flags.guest === true ? await tried(path, signal, () => guestOf(path, format, signal)) : undefined;
    described.push({ info: { ...info, virtualSizeBytes: info.virtualSizeBytes ?? guest?.sizeBytes }, guest });
  }
  if (flags.json === true) {
    const values = await Promise.all(described.map(toJson));
    if (paths.length > 1) printJson(values);
    else if (values[0] !== undefined) printJson(values[0]);
  } else if (described.length > 0) {
    printLine((await Promise.all(described.map(describe))).join('\n\n'));
  }
}

/** A failure is told of, and the other images are described nevertheless. */
async function tried<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    signal.throwIfAborted();
    printError('info', toForgeError(thrown, path));
    process.exitCode = 1;
    return undefined;
  }
}

// What only --guest needs is loaded with it.
async function guestOf(
  path: string,
  format: FormatName | undefined,
  signal: AbortSignal,
): Promise<GuestReport> {
  const [{ readGuestReport }, { ProgressLine }] = await Promise.all([
    import('../../inspection/read-guest-report.js'),
    import('../progress.js'),
  ]);
  using line = await ProgressLine.create();
  return await readGuestReport(path, { format, signal, onProgress: line.update, onWarning: line.warn });
}

async function toJson({ info, guest }: Described): Promise<Record<string, unknown>> {
  if (guest === undefined) return infoJson(info);
  const { guestJson } = await import('../../guest/report-json.js');
  return { ...infoJson(info), guest: guestJson(guest) };
}

async function describe({ info, guest }: Described): Promise<string> {
  const rows = imageRows(info);
  if (guest !== undefined) rows.push(...(await import('../guest-text.js')).guestRows(guest));
  return [info.filename, ...alignRows(rows)].map(printable).join('\n');
}

function imageRows(info: ImageInfo): [string, string][] {
  const { format, container, virtualSizeBytes, fileLengthBytes, allocatedBytes, qcow2 } = info;
  const rows: [string, string][] = [
    ['format', container === 'gz' ? `${format} in gzip` : format],
    [
      'virtual size',
      virtualSizeBytes === undefined
        ? 'not recorded by gzip (see --measure)'
        : exactBytesText(virtualSizeBytes),
    ],
    ['file length', exactBytesText(fileLengthBytes)],
    ['on disk', exactBytesText(allocatedBytes)],
  ];
  if (qcow2 !== undefined) {
    rows.push(
      ['qcow2 version', `${qcow2.version}`],
      ['cluster size', bytesText(qcow2.clusterSizeBytes)],
      ['refcount bits', `${qcow2.refcountBits}`],
      ['compression', qcow2.compressionType],
      ['flags', qcow2Flags(qcow2) || 'none'],
      ['snapshots', `${qcow2.snapshotCount}`],
      ...(qcow2.snapshots ?? []).map(snapshotRow),
    );
    rows.push(...rowsOfExtras(qcow2));
    if (qcow2.backingFile !== undefined) rows.push(['backing file', qcow2.backingFile]);
    if (qcow2.dataFile !== undefined) rows.push(['data file', qcow2.dataFile]);
  }
  if (info.refusal !== undefined)
    rows.push(['not readable', `${info.refusal.message} [${info.refusal.code}]`]);
  return rows;
}

function snapshotRow({ id, name, diskSizeBytes, vmStateSizeBytes, dateSeconds }: Snapshot): [string, string] {
  const parts = [
    name,
    `taken ${new Date(dateSeconds * 1000).toISOString()}`,
    `disk of ${bytesText(diskSizeBytes)}`,
    ...(vmStateSizeBytes === 0 ? [] : [`VM state of ${bytesText(vmStateSizeBytes)}`]),
  ];
  return [`snapshot ${id}`, parts.join(', ')];
}

/** What an image carries along that changes nothing of the disk. */
function rowsOfExtras({ bitmapCount, hasConsistentBitmaps, unknownFeatures, unknownExtensions }: Qcow2Facts) {
  const rows: [string, string][] = [];
  if (bitmapCount !== undefined) {
    rows.push(['bitmaps', `${bitmapCount}, ${hasConsistentBitmaps === true ? 'up to date' : 'out of date'}`]);
  }
  if (unknownFeatures.length > 0)
    rows.push(['unknown features', unknownFeatures.map(featureText).join(', ')]);
  if (unknownExtensions.length > 0) {
    // A hostile header has room for very many.
    const shown = unknownExtensions.slice(0, 8).map(extensionText);
    const more = unknownExtensions.length - shown.length;
    rows.push(['unknown extensions', [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(', ')]);
  }
  return rows;
}

function featureText({ kind, bit, name }: UnknownFeature): string {
  return `${kind} bit ${bit}${name === undefined ? '' : ` (${name})`}`;
}

function extensionText({ type, lengthBytes }: UnknownExtension): string {
  return `0x${type.toString(16).padStart(8, '0')} of ${bytesText(lengthBytes)}`;
}

function qcow2Flags(qcow2: Qcow2Facts): string {
  const flags: ReadonlyArray<readonly [boolean, string]> = [
    [qcow2.isDirty, 'dirty'],
    [qcow2.isCorrupt, 'corrupt'],
    [qcow2.hasLazyRefcounts, 'lazy refcounts'],
    [qcow2.hasExtendedL2, 'extended L2'],
    [qcow2.isEncrypted, 'encrypted'],
  ];
  return flags.flatMap(([isSet, name]) => (isSet ? [name] : [])).join(', ');
}

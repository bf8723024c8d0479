import { Command } from 'commander';
import { toForgeError } from '../../errors.js';
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
  readonly json?: boolean;
}

const help = `
Of a .gz only as much is inflated as is needed to know what is inside. gzip does not record the size of a large
raw disk: --measure inflates all of it to find out. Other files that an image names are never opened.

--json uses the key names of qemu-img info, and adds "container", "file-length", "snapshot-count" and, where an image
cannot be converted, "refusal". One image gives an object, several give an array.

Examples:
  $ omiforge info disk.qcow2.gz
  $ omiforge info --json *.qcow2 | jq -r '.[] | [.filename, .["virtual-size"]] | @tsv'
`;

/** `omiforge info IMAGE...` */
export function infoCommand(signal: AbortSignal): Command {
  return new Command('info')
    .description('describe images, also inside .gz')
    .argument('<image...>', 'files to describe')
    .addOption(formatOption('-f, --format <fmt>', 'format of the images'))
    .option('--measure', 'inflate a raw.gz to the end to learn its virtual size')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((paths: string[], flags: InfoFlags) => run(paths, flags, signal));
}

async function run(paths: readonly string[], flags: InfoFlags, signal: AbortSignal): Promise<void> {
  const { readImageInfo } = await import('../../image/info.js');
  const described: ImageInfo[] = [];
  for (const path of paths) {
    try {
      described.push(await readImageInfo(path, { format: flags.format, measure: flags.measure, signal }));
    } catch (thrown) {
      signal.throwIfAborted();
      // The other images are described nevertheless.
      printError('info', toForgeError(thrown, path));
      process.exitCode = 1;
    }
  }
  if (flags.json === true) {
    const values = described.map(infoJson);
    if (paths.length > 1) printJson(values);
    else if (values[0] !== undefined) printJson(values[0]);
  } else if (described.length > 0) {
    printLine(described.map(describe).join('\n\n'));
  }
}

function describe(info: ImageInfo): string {
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
  return [info.filename, ...alignRows(rows)].map(printable).join('\n');
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

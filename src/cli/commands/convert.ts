import { Command, Option } from 'commander';
import { type ConvertResult, compressionTypes } from '../../convert/options.js';
import { ForgeError } from '../../errors.js';
import type { FormatName } from '../../image/format.js';
import type { CompressionType, EngineName } from '../../native/boundary.js';
import { printable } from '../../printable.js';
import {
  allowExternalOption,
  allowedExternal,
  bandwidthFrom,
  diskSizeFrom,
  type ExternalFlags,
  engineOption,
  externalFolderOption,
  forceCorruptOption,
  formatOption,
  jsonOption,
  levelFrom,
  threadsOption,
} from '../arguments.js';
import { durationText } from '../durations.js';
import { levelChoiceJson, levelChoiceText } from '../level-choice.js';
import { printJson, printLine, printNote } from '../output.js';
import { ProgressLine } from '../progress.js';
import { bytesText, rateText, ratioText } from '../quantities.js';

interface ConvertFlags extends ExternalFlags {
  readonly sourceFormat?: FormatName;
  readonly outputFormat?: FormatName;
  readonly snapshot?: string;
  readonly forceCorrupt?: boolean;
  readonly compress?: boolean;
  readonly compressionType?: CompressionType;
  readonly level?: number | 'auto';
  readonly bandwidth?: number;
  readonly engine?: EngineName;
  readonly padTo?: number;
  readonly pad?: number;
  readonly threads?: number;
  readonly verify?: boolean;
  readonly digest?: boolean;
  readonly sync?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

const help = `
FMT is raw, qcow2, raw.gz or qcow2.gz. Without -O the target's format follows its name: .raw, .img or .qcow2, each
with or without .gz. Without -f the source's format is found out from its content. The target appears under its name
when it is whole, or not at all; with --sync also not before it is on the disk, where it outlives a loss of power.

A source that names a backing file or a data file is refused, unless --allow-external or --external-folder is given:
then the target has all of the disk and needs no other file. Names start from the folder of the image that has them.
Only regular files within the allowed folder are read, and a backing file only as the format that the image states.

--level auto compresses pieces of SRC for about a second and takes the level that has the image in the bucket soonest
over a link of --bandwidth, where compressing and uploading go on side by side. It says which one it took; --json has it
as "level", and why as "level-choice". The same level gives the same bytes, but auto may take another one the next time.

-c makes a qcow2 whose clusters are compressed, which any program that reads qcow2 can use as it is. --level is then
that of the clusters: 1 to 12 for zlib, 1 to 19 for zstd, by default 3. Without --level and --engine, clusters that
SRC has in that kind and in 64 KiB are taken as they are. Where DST is - they are compressed twice, because a pipe
takes the tables first.

--pad-to and --pad make the disk of DST longer than that of SRC, never shorter: with --pad 1GiB it is as long as the
volume that the cloud makes of it. Zeros take no room, but in a .gz a thousandth.

--json prints an object with "source", "target", "source-format", "target-format", "virtual-size", "bytes-read",
"bytes-written", "elapsed-ms" and "verified", and with --digest "guest-digest"; to standard error where DST is -.

Exit status: 0 done, 1 failed, 2 bad usage, 130 interrupted.

Examples:
  Make what a cloud imports, and read it back to be sure:
    $ omiforge convert --verify disk.raw disk.qcow2.gz

  Have it in the bucket soonest over a link of 200 Mbit/s ('omiforge bench' shows how all levels would do):
    $ omiforge convert --level auto --bandwidth 200M disk.raw disk.qcow2.gz

  Give it the size of a volume, whole GiB:
    $ omiforge convert --pad 1GiB disk.raw disk.qcow2.gz

  Get the raw disk out of a compressed image:
    $ omiforge convert export.qcow2.gz disk.raw

  Make a qcow2 that is small and can be used as it is:
    $ omiforge convert -c disk.raw disk.qcow2
    $ omiforge convert -c --compression-type zstd disk.raw disk.qcow2

  Get a disk as it was when an internal snapshot was taken ('omiforge info' lists them):
    $ omiforge convert --snapshot before-upgrade disk.qcow2 old.qcow2

  Make one file of an overlay and all that is behind it:
    $ omiforge convert --allow-external overlay.qcow2 disk.qcow2
    $ omiforge convert --external-folder /images /images/vm1/overlay.qcow2 disk.qcow2

  Fast and larger, as part of a pipe:
    $ omiforge convert --level 1 -O raw.gz disk.qcow2 - | ssh backup 'cat > disk.raw.gz'
    $ curl -s https://example.org/disk.raw.gz | omiforge convert -f raw.gz - disk.qcow2
`;

/** `omiforge convert SRC DST` */
export function convertCommand(signal: AbortSignal): Command {
  return new Command('convert')
    .description('convert an image between raw, raw.gz, qcow2 and qcow2.gz')
    .argument('<src>', 'image to read; - for standard input')
    .argument('<dst>', 'file to write; - for standard output')
    .addOption(formatOption('-f, --source-format <fmt>', 'format of SRC'))
    .addOption(formatOption('-O, --output-format <fmt>', 'format of DST', 'by the ending of its name'))
    .option('--snapshot <id|name>', 'convert this internal snapshot of a qcow2, not its active state')
    .addOption(forceCorruptOption())
    .addOption(allowExternalOption())
    .addOption(externalFolderOption())
    .option('-c, --compress', 'compress the clusters of a qcow2')
    .addOption(
      new Option('--compression-type <kind>', 'kind of compressed clusters (default: zlib)').choices(
        compressionTypes,
      ),
    )
    .addOption(levelOption())
    .addOption(
      new Option(
        '--bandwidth <bits>',
        'link to the bucket for --level auto, in bits per second, such as 200M',
      ).argParser(bandwidthFrom),
    )
    .addOption(engineOption())
    .addOption(
      new Option(
        '--pad-to <size>',
        'make the disk this long, such as 10GiB, with zeros at its end',
      ).argParser(diskSizeFrom),
    )
    .addOption(
      new Option('--pad <size>', 'the same to the next multiple of a size, such as 1GiB').argParser(
        diskSizeFrom,
      ),
    )
    .addOption(threadsOption())
    .option('--verify', 'read DST back and compare it with SRC before it gets its name')
    .option('--digest', 'tell the guest digest of DST, as omiforge digest does')
    .option('--sync', 'have DST on the disk before it gets its name')
    .option('--force', 'replace an existing DST')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((source: string, target: string, flags: ConvertFlags) => run(source, target, flags, signal));
}

// Which range it is depends on other options.
function levelOption(): Option {
  const description =
    'compression: 0 none, 1 fast to 9 dense, 12 densest and very slow, auto measured (default: 6, with -c 3)';
  return new Option('--level <number>', description).argParser(levelFrom);
}

async function run(source: string, target: string, flags: ConvertFlags, signal: AbortSignal): Promise<void> {
  refuseTerminals(source, target);
  const { convert } = await import('../../convert/convert.js');
  const { sourceFormat, outputFormat, snapshot, forceCorrupt, level, engine, threads } = flags;
  const { verify, digest, sync, force } = flags;
  const { bandwidth: bandwidthBitsPerSecond, padTo, pad } = flags;
  const clusterCompression = clusterCompressionOf(flags);
  const isGzip = outputFormat?.endsWith('.gz') ?? /\.gz$/i.test(target);
  const isCompressed = isGzip || clusterCompression !== undefined;
  const result = await withProgress(isCompressed, (line) =>
    convert(source === '-' ? process.stdin : source, target === '-' ? process.stdout : target, {
      sourceFormat,
      snapshot,
      allowCorrupt: forceCorrupt,
      allowExternal: allowedExternal(flags),
      targetFormat: outputFormat,
      clusterCompression,
      level,
      bandwidthBitsPerSecond,
      engine,
      virtualSizeBytes: padTo,
      virtualSizeMultipleBytes: pad,
      threads,
      verify,
      digest,
      sync,
      force,
      ownThread: true,
      signal,
      onProgress: line.update,
      onWarning: line.warn,
    }),
  );
  if (result.levelChoice !== undefined) printNote(levelChoiceText(result.levelChoice));
  const isStdoutTaken = target === '-';
  if (flags.json === true) printJson(toJson(source, target, result), isStdoutTaken);
  else if (isStdoutTaken) printNote(describe('standard output', result, isCompressed));
  else printLine(printable(describe(target, result, isCompressed)));
}

function clusterCompressionOf({ compress, compressionType }: ConvertFlags): CompressionType | undefined {
  if (compress === true) return compressionType ?? 'zlib';
  if (compressionType === undefined) return undefined;
  throw new ForgeError('ARGUMENT_INVALID', '--compression-type is for compressed clusters; add -c');
}

/** An image is not for the eyes, and typed by nobody. */
function refuseTerminals(source: string, target: string): void {
  const refuse = (name: string, advice: string) => {
    throw new ForgeError('ARGUMENT_INVALID', `is a terminal; ${advice}`, { path: name });
  };
  if (source === '-' && process.stdin.isTTY) refuse('standard input', 'send an image to it, or name a SRC');
  if (target === '-' && process.stdout.isTTY)
    refuse('standard output', 'send it to a program, or name a DST');
}

async function withProgress<T>(showRatio: boolean, work: (line: ProgressLine) => Promise<T>): Promise<T> {
  using line = await ProgressLine.create({ showRatio });
  return await work(line);
}

function toJson(source: string, target: string, result: ConvertResult): Record<string, unknown> {
  const { levelChoice, guestDigest } = result;
  return {
    source,
    target,
    'source-format': result.sourceFormat,
    'target-format': result.targetFormat,
    'virtual-size': result.virtualSizeBytes,
    'bytes-read': result.readBytes,
    'bytes-written': result.writtenBytes,
    'elapsed-ms': Math.round(result.elapsedMs),
    verified: result.verified,
    ...(guestDigest === undefined ? {} : { 'guest-digest': guestDigest }),
    ...(levelChoice === undefined
      ? {}
      : { level: levelChoice.level, 'level-choice': levelChoiceJson(levelChoice) }),
  };
}

function describe(target: string, result: ConvertResult, isCompressed: boolean): string {
  const { virtualSizeBytes, readBytes, writtenBytes, elapsedMs, verified, guestDigest } = result;
  // Of other targets it would tell how much of the disk is zeros.
  const ratio = isCompressed ? ratioText(writtenBytes, readBytes) : '';
  const parts = [
    `disk of ${bytesText(virtualSizeBytes)}`,
    `${bytesText(readBytes)} read`,
    `${bytesText(writtenBytes)} written${ratio === '' ? '' : ` (ratio ${ratio})`}`,
    `${durationText(elapsedMs)} at ${rateText(readBytes, elapsedMs)}`,
    ...(verified ? ['verified'] : []),
    ...(guestDigest === undefined ? [] : [`guest digest ${guestDigest}`]),
  ];
  return `${target}: ${parts.join(', ')}`;
}

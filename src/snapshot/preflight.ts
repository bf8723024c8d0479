import { open, stat, statfs } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { type ForgeError, toForgeError } from '../errors.js';
import { splitFormat } from '../image/format.js';
import { type ImageInfo, readImageInfo } from '../image/info.js';
import { deviceDoubt, sizeDoubt } from '../manifest/create.js';
import { bytesPerGib } from '../manifest/rules.js';
import type { Batch, BatchDisk } from './plan/batch.js';
import type { DocumentPath } from './plan/located-document.js';
import { ruleFaults } from './plan/rules.js';
import { roundUp } from './plan/sizes.js';

/** Something about a batch that was found before any work. */
export interface Finding {
  readonly path: DocumentPath;
  readonly message: string;
}

/** What was found about a whole batch before any work. */
export interface Preflight {
  /** Why it cannot be carried out. */
  readonly faults: readonly Finding[];
  /** What the service may or may not take, and what is unusual. */
  readonly warnings: readonly Finding[];
}

// Enough to see that a file is a text, and little enough to be nothing beside the probing.
const lookBytes = 4096;
const sectorBytes = 512;

// What compressing leaves of the data of a disk is seldom less, and never more.
const leastRatio = 0.2;

interface Looked {
  readonly disk: BatchDisk;
  readonly info: ImageInfo | undefined;
  readonly faults: readonly Finding[];
}

/**
 * Looks at every source of a batch and tries all rules that can be known here, without any work.
 *
 * @param directory where the batch goes; need not exist
 * @param isDone whether a disk is finished already, so that it takes no more room
 */
export async function preflight(
  batch: Batch,
  directory: string,
  isDone: (disk: BatchDisk) => boolean,
): Promise<Preflight> {
  const disks = batch.images.flatMap((image) => image.disks);
  const targets = new Set(disks.map(({ file }) => resolve(directory, file)));
  const looked = await Promise.all(disks.map((disk) => lookAt(disk, targets)));
  const sizeOf = (image: number, disk: number) => {
    const wanted = batch.images[image]?.disks[disk];
    return targetSizeOf(looked.find((each) => each.disk === wanted));
  };
  const written = { images: batch.images.map(writtenAgain) };
  const room = await roomFindings(
    looked.filter(({ disk }) => !isDone(disk)),
    directory,
  );
  return {
    faults: [...looked.flatMap(({ faults }) => faults), ...ruleFaults(written, sizeOf), ...room.faults],
    warnings: [...looked.flatMap(warningsOf), ...repeatedSources(disks), ...room.warnings],
  };
}

/** The values of a planned image that rules bind together, by the keys of a plan file. */
export function writtenAgain({ disks }: Batch['images'][number]): object {
  return {
    disks: disks.map((disk) => ({
      device: disk.device,
      'volume-type': disk.volumeType,
      iops: disk.iops,
    })),
  };
}

async function lookAt(disk: BatchDisk, targets: ReadonlySet<string>): Promise<Looked> {
  const path = [...disk.planPath, 'source'];
  const fault = (message: string) => ({ disk, info: undefined, faults: [{ path, message }] });
  if (targets.has(resolve(disk.sourcePath))) {
    return fault(`${quotedPath(disk)} is where a prepared disk goes; choose another directory`);
  }
  try {
    const info = await readImageInfo(disk.sourcePath, { format: disk.sourceFormat });
    const message = info.refusal?.message ?? (await notAnImage(disk, info));
    if (message !== undefined) return fault(`${quotedPath(disk)} ${message}`);
    if (disk.snapshot !== undefined && info.format === 'raw') {
      return fault(`${quotedPath(disk)} is raw, which has no snapshots; leave the snapshot out`);
    }
    return { disk, info, faults: [] };
  } catch (thrown) {
    return fault(`${quotedPath(disk)}: ${describe(toForgeError(thrown))}`);
  }
}

function describe({ message, code }: ForgeError): string {
  return `${message} [${code}]`;
}

function quotedPath({ source }: BatchDisk): string {
  return `'${source}'`;
}

/**
 * Why a file that nobody calls a disk is none. Anything can be a raw disk, so whoever means it states the format; without
 * that, a wrong name in a plan would bring any file of this machine into the cloud.
 */
async function notAnImage(
  { sourcePath, sourceFormat }: BatchDisk,
  info: ImageInfo,
): Promise<string | undefined> {
  if (info.virtualSizeBytes === 0) return 'is a disk of 0 bytes; nothing can be imported of it';
  if (info.format !== 'raw' || info.container !== 'plain' || sourceFormat !== undefined) return undefined;
  const { size } = await stat(sourcePath);
  const advice = "if it is one nevertheless, say so with 'source-format: raw'";
  if (size % sectorBytes !== 0) {
    return `is no disk image: its length of ${size} bytes is not whole sectors of ${sectorBytes}; ${advice}`;
  }
  return (await isText(sourcePath)) ? `is no disk image: it begins with text; ${advice}` : undefined;
}

async function isText(path: string): Promise<boolean> {
  await using handle = await open(path, 'r');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(lookBytes), 0, lookBytes, 0);
  const head = buffer.subarray(0, bytesRead);
  return (
    bytesRead > 0 && head.every((byte) => byte >= 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)
  );
}

/** The virtual size that the prepared disk will have, where it is known. */
function targetSizeOf(looked: Looked | undefined): number | undefined {
  const sizeBytes = looked?.info?.virtualSizeBytes;
  if (sizeBytes === undefined || looked === undefined) return undefined;
  return looked.disk.padBytes === undefined ? sizeBytes : roundUp(sizeBytes, looked.disk.padBytes);
}

function warningsOf(looked: Looked): readonly Finding[] {
  const { disk, info } = looked;
  if (info === undefined) return [];
  const path = [...disk.planPath, 'source'];
  const sizeBytes = targetSizeOf(looked);
  const warnings: Finding[] = [];
  if (sizeBytes === undefined) {
    warnings.push({
      path,
      message: `the size of the disk in ${quotedPath(disk)} is known once it is inflated; the rules of sizes are tried then`,
    });
  }
  const size = sizeBytes === undefined ? undefined : sizeDoubt(sizeBytes);
  if (size !== undefined) warnings.push({ path, message: `${size}; 'pad: 1GiB' makes it so` });
  const device = deviceDoubt(disk.device);
  if (device !== undefined) warnings.push({ path: [...disk.planPath, 'device'], message: device });
  return warnings;
}

function repeatedSources(disks: readonly BatchDisk[]): readonly Finding[] {
  return disks.flatMap(({ sourcePath, snapshot, planPath }, index) => {
    const isSame = (other: BatchDisk) => other.sourcePath === sourcePath && other.snapshot === snapshot;
    if (disks.findIndex(isSame) === index) return [];
    return [{ path: [...planPath, 'source'], message: 'is the source of another disk of the plan as well' }];
  });
}

/** Whether all of it has room. What a disk will take is not known before it is compressed: its bounds are. */
async function roomFindings(looked: readonly Looked[], directory: string): Promise<Preflight> {
  const free = await freeBytes(directory);
  const estimates = looked.map(estimateOf);
  const least = estimates.reduce((sum, { leastBytes }) => sum + leastBytes, 0);
  const most = estimates.reduce((sum, { mostBytes }) => sum + mostBytes, 0);
  const found = (message: string): Finding => ({ path: [], message });
  const place = `${directory} has ${gib(free)} free`;
  if (least > free) {
    return {
      faults: [
        found(
          `${place}, and the disks take ${gib(least)} at least; free some space or choose another directory`,
        ),
      ],
      warnings: [],
    };
  }
  if (most <= free) return { faults: [], warnings: [] };
  return { faults: [], warnings: [found(`${place}, and the disks may take up to ${gib(most)}`)] };
}

function estimateOf({ disk, info }: Looked): { leastBytes: number; mostBytes: number } {
  if (info === undefined) return { leastBytes: 0, mostBytes: 0 };
  const isCompressed = splitFormat(disk.format).container === 'gz';
  const storedBytes = Math.min(info.allocatedBytes, info.fileLengthBytes);
  // What is compressed already grows by some factor that nobody knows before.
  const dataBytes = info.container === 'gz' ? storedBytes * 4 : storedBytes;
  if (isCompressed) {
    return {
      leastBytes: info.container === 'gz' ? storedBytes / 2 : storedBytes * leastRatio,
      mostBytes: dataBytes,
    };
  }
  return { leastBytes: storedBytes, mostBytes: dataBytes };
}

/** Of the nearest folder that exists. */
async function freeBytes(directory: string): Promise<number> {
  for (let folder = resolve(directory); ; folder = resolve(folder, '..')) {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code !== 'ENOENT' || isRoot(folder)) throw toForgeError(thrown, directory);
    }
  }
}

function isRoot(folder: string): boolean {
  return isAbsolute(folder) && relative('/', folder) === '';
}

function gib(bytes: number): string {
  return `${(bytes / bytesPerGib).toFixed(2)} GiB`;
}

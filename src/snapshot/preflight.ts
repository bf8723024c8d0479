import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ForgeError, toForgeError } from '../errors.js';
import { type ImageInfo, readImageInfo } from '../image/info.js';
import { deviceDoubt, sizeDoubt, twinDoubt } from '../manifest/create.js';
import type { Finding, Findings } from './findings.js';
import type { Batch, BatchDisk } from './plan/batch.js';
import { ruleFaults } from './plan/rules.js';
import { roundUp } from './plan/sizes.js';
import { roomFindings } from './room.js';

// Enough to see that a file is a text, and little enough to be nothing beside the probing.
const lookBytes = 4096;
const sectorBytes = 512;

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
): Promise<Findings> {
  const disks = batch.images.flatMap((image) => image.disks);
  const targets = new Set(disks.map(({ file }) => resolve(directory, file)));
  const looked: Looked[] = [];
  // One by one: a plan may have more sources than a process may have open.
  for (const disk of disks) looked.push(await lookAt(disk, targets));
  const sizeOf = (image: number, disk: number) => {
    const wanted = batch.images[image]?.disks[disk];
    return targetSizeOf(looked.find((each) => each.disk === wanted));
  };
  const written = { images: batch.images.map(writtenAgain) };
  const toCome = looked.flatMap(({ disk, info }) =>
    info === undefined || isDone(disk) ? [] : [{ disk, info }],
  );
  const room = await roomFindings(toCome, directory);
  return {
    faults: [...looked.flatMap(({ faults }) => faults), ...ruleFaults(written, sizeOf), ...room.faults],
    warnings: [
      ...looked.flatMap(warningsOf),
      ...batch.images.flatMap(deviceTwins),
      ...repeatedSources(disks),
      ...room.warnings,
    ],
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

function deviceTwins({ disks }: Batch['images'][number]): readonly Finding[] {
  return disks.flatMap(({ device, planPath }, index) => {
    const before = disks.slice(0, index).map((disk) => disk.device);
    const message = twinDoubt(device, before);
    return message === undefined ? [] : [{ path: [...planPath, 'device'], message }];
  });
}

function repeatedSources(disks: readonly BatchDisk[]): readonly Finding[] {
  return disks.flatMap(({ sourcePath, snapshot, planPath }, index) => {
    const isSame = (other: BatchDisk) => other.sourcePath === sourcePath && other.snapshot === snapshot;
    if (disks.findIndex(isSame) === index) return [];
    return [{ path: [...planPath, 'source'], message: 'is the source of another disk of the plan as well' }];
  });
}

import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { bytesText } from '../bytes-text.js';
import { compressionFor } from '../convert/compression.js';
import { spreadPieces } from '../convert/measuring/spread.js';
import { levels } from '../convert/options.js';
import { clusterBytes } from '../convert/sink/qcow2-assembly.js';
import { toForgeError } from '../errors.js';
import { isStored } from '../image/extents.js';
import { splitFormat } from '../image/format.js';
import type { ImageInfo } from '../image/info.js';
import { ReadableImage } from '../image/readable-image.js';
import { addon } from '../native/addon.js';
import { sumLengths } from '../workers/sum-lengths.js';
import type { Finding, Findings } from './findings.js';
import type { BatchDisk } from './plan/batch.js';

/** A disk of a batch, and what its source is. */
export interface DiskToCome {
  readonly disk: BatchDisk;
  readonly info: ImageInfo;
}

/** Between which bounds the file of a disk, or those of several, will be. */
export interface RoomNeeded {
  readonly leastBytes: number;
  readonly mostBytes: number;
}

// Of what is compressed already nobody knows what it inflates to. Disks seldom grow to more, and hardly shrink.
const growsTo = 4;

// About a tenth of a second for each disk, and right within some percent, however much of it is zeros.
const pieceBytes = 128 * 1024;
// What a raw file leaves out as a hole.
const holeBytes = 4096;
const mostPieces = 96;
// Twice what it can be wrong by: a batch that might have room is not refused.
const sampleIsLeast = 0.5;
const sampleIsMost = 1.2;

/** Whether there is room for all disks of a batch that are still to be made. */
export async function roomFindings(
  disks: readonly DiskToCome[],
  { directory, signal }: { readonly directory: string; readonly signal?: AbortSignal | undefined },
): Promise<Findings> {
  const freeBytes = await freeBytesFor(directory);
  const bounds = total(disks.map(boundsOf));
  // Nearly all batches fit even if nothing of them can be compressed.
  if (bounds.mostBytes <= freeBytes) return { faults: [], warnings: [] };
  const sampled: RoomNeeded[] = [];
  for (const disk of disks) {
    signal?.throwIfAborted();
    sampled.push(await sampledRoom(disk));
  }
  return judgeRoom(total(sampled), freeBytes, directory);
}

/** What is to be said of the room that disks need. Pure. */
export function judgeRoom(
  { leastBytes, mostBytes }: RoomNeeded,
  freeBytes: number,
  directory: string,
): Findings {
  const place = `${directory} has ${bytesText(freeBytes)} free`;
  const found = (message: string): readonly Finding[] => [{ path: [], message }];
  if (leastBytes > freeBytes) {
    const advice = 'free some space or choose another directory';
    return {
      faults: found(`${place}, and the disks take ${bytesText(leastBytes)} at least; ${advice}`),
      warnings: [],
    };
  }
  if (mostBytes <= freeBytes) return { faults: [], warnings: [] };
  return { faults: [], warnings: found(`${place}, and the disks may take up to ${bytesText(mostBytes)}`) };
}

/** What is known of a disk without reading it. */
function boundsOf({ disk, info }: DiskToCome): RoomNeeded {
  const storedBytes = Math.min(info.allocatedBytes, info.fileLengthBytes);
  if (info.container === 'gz') {
    // Beside the file of the disk there may be one with all that was inflated, until it is converted.
    return { leastBytes: 0, mostBytes: storedBytes * (growsTo + 1) };
  }
  // Clusters of a qcow2 may be compressed.
  const mayGrow = info.format === 'qcow2' && splitFormat(disk.format).container === 'plain';
  return { leastBytes: 0, mostBytes: mayGrow ? storedBytes * growsTo : storedBytes };
}

/**
 * What a disk is likely to take, by compressing pieces of it. Where that is not possible it is what is known before: an image
 * that cannot be read is refused with its reason when it is converted.
 */
export async function sampledRoom(toCome: DiskToCome): Promise<RoomNeeded> {
  const { disk, info } = toCome;
  const bounds = boundsOf(toCome);
  if (info.container === 'gz') return bounds;
  try {
    const ref = { path: disk.sourcePath, format: info.format, snapshot: disk.snapshot };
    await using image = ReadableImage.open(ref, info.container);
    const expectedBytes = await expectedRoom(image, disk);
    return { leastBytes: expectedBytes * sampleIsLeast, mostBytes: expectedBytes * sampleIsMost };
  } catch {
    return bounds;
  }
}

async function expectedRoom(image: ReadableImage, { format, level }: BatchDisk): Promise<number> {
  const storedBytes = await sumLengths(image.extents(), (extent) =>
    isStored(extent) ? extent.lengthBytes : 0,
  );
  if (storedBytes === 0) return 0;
  const piece = new Uint8Array(pieceBytes);
  const output = new Uint8Array(addon.deflateBound(pieceBytes));
  // A denser level makes less of it, but not less than the half.
  const fast = compressionFor(Math.min(level, levels.least + 1), undefined, addon.engines());
  const target = splitFormat(format);
  const spread = { sizeBytes: image.sizeBytes, storedBytes, pieceBytes, mostPieces };
  let [takenBytes, givenBytes] = [0, 0];
  for (const { startBytes, lengthBytes } of spreadPieces(image.extents(), spread)) {
    const bytes = piece.subarray(0, lengthBytes);
    image.read(startBytes, bytes);
    takenBytes += lengthBytes;
    const keptBytes = keptOf(bytes, target.format === 'qcow2' ? clusterBytes : holeBytes);
    const isDeflated = target.container === 'gz' && keptBytes > 0;
    givenBytes += isDeflated ? addon.deflateSegment(bytes, fast, output) : keptBytes;
    await setImmediate();
  }
  return storedBytes * (givenBytes / takenBytes);
}

/** How much of a piece is left where its parts of zeros are left out. */
function keptOf(piece: Uint8Array, partBytes: number): number {
  let keptBytes = 0;
  for (let at = 0; at < piece.length; at += partBytes) {
    const part = piece.subarray(at, at + partBytes);
    if (part.some((byte) => byte !== 0)) keptBytes += part.length;
  }
  return keptBytes;
}

function total(rooms: readonly RoomNeeded[]): RoomNeeded {
  return {
    leastBytes: rooms.reduce((sum, { leastBytes }) => sum + leastBytes, 0),
    mostBytes: rooms.reduce((sum, { mostBytes }) => sum + mostBytes, 0),
  };
}

/** Of the nearest folder that exists. */
async function freeBytesFor(directory: string): Promise<number> {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code !== 'ENOENT' || folder === dirname(folder)) throw toForgeError(thrown, directory);
    }
  }
}

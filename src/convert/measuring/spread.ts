import { isStored } from '../../image/extents.js';
import type { Extent } from '../../native/boundary.js';

/** A range of guest bytes that is compressed to measure how that goes. */
export interface Piece {
  readonly startBytes: number;
  readonly lengthBytes: number;
}

export interface Spread {
  /** Length of the disk. */
  readonly sizeBytes: number;
  /** All bytes that its extents store, 1 or more. */
  readonly storedBytes: number;
  /** A piece begins at a multiple of it, and is shorter at the end of the disk only. */
  readonly pieceBytes: number;
  readonly mostPieces: number;
}

/**
 * Chooses pieces of a disk so that they stand for all that is stored: at even steps through the stored bytes, whatever
 * lies between them. In guest order, each once. Pure.
 *
 * @param extents all extents of the disk, in order
 */
export function* spreadPieces(
  extents: Iterable<Extent>,
  { sizeBytes, storedBytes, pieceBytes, mostPieces }: Spread,
): Generator<Piece> {
  const stepBytes = storedBytes / mostPieces;
  let passedBytes = 0;
  let nextBytes = stepBytes / 2;
  let last = -1;
  for (const extent of extents) {
    if (!isStored(extent)) continue;
    for (; nextBytes < passedBytes + extent.lengthBytes; nextBytes += stepBytes) {
      const number = Math.floor((extent.startBytes + nextBytes - passedBytes) / pieceBytes);
      if (number <= last) continue;
      last = number;
      const startBytes = number * pieceBytes;
      yield { startBytes, lengthBytes: Math.min(pieceBytes, sizeBytes - startBytes) };
    }
    passedBytes += extent.lengthBytes;
  }
}

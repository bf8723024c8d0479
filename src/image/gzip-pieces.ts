import { addon } from '../native/addon.js';
import type { Extent, GzipPiece } from '../native/boundary.js';
import { runInOrder } from '../workers/run-in-order.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import { isStored } from './extents.js';

// What one job proves: some tens of milliseconds.
const piecesPerJob = 16;

/**
 * The pieces of a gzip file that omiforge has written, by which it can be read at any offset; undefined for any other.
 *
 * @throws ForgeError IO_*
 */
export function gzipPiecesOf(path: string): readonly GzipPiece[] | undefined {
  return addon.gzipPieces(path);
}

/** Pieces in a row: those from `first` on. */
interface PieceRun {
  readonly first: number;
  readonly count: number;
}

/**
 * The pieces that are not inflated to their end when all of an image is read. Pure.
 *
 * @param pieces in order and without gaps
 * @param extents of the image in the content of the gzip file
 */
export function unreadPieces(pieces: readonly GzipPiece[], extents: Iterable<Extent>): PieceRun[] {
  const isRead = new Uint8Array(pieces.length);
  for (const extent of extents) {
    if (!isStored(extent) || extent.hostOffsetBytes === undefined) continue;
    const end = extent.hostOffsetBytes + extent.lengthBytes;
    for (let index = pieceAt(pieces, extent.hostOffsetBytes); index < pieces.length; index += 1) {
      const piece = pieces[index];
      if (piece === undefined || piece.startBytes + piece.lengthBytes > end) break;
      isRead[index] = piece.isZeros ? 0 : 1;
    }
  }
  return runsOf(isRead);
}

/** The piece that holds an offset, by halving. */
function pieceAt(pieces: readonly GzipPiece[], offsetBytes: number): number {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const piece = pieces[middle];
    if (piece !== undefined && piece.startBytes + piece.lengthBytes <= offsetBytes) low = middle + 1;
    else high = middle;
  }
  return low;
}

function runsOf(isRead: Uint8Array): PieceRun[] {
  const runs: PieceRun[] = [];
  for (let first = 0; first < isRead.length; ) {
    let count = 0;
    while (first + count < isRead.length && isRead[first + count] === 0 && count < piecesPerJob) count += 1;
    if (count > 0) runs.push({ first, count });
    first += Math.max(count, 1);
  }
  return runs;
}

/**
 * Proves of pieces that nobody reads that they are what the index says: then the file as a whole is what any gzip
 * reader makes of it.
 *
 * @throws ForgeError GZIP_CORRUPT or IO_*, or the signal's reason
 */
export async function provePieces(
  path: string,
  runs: readonly PieceRun[],
  pool: WorkerPool,
  signal: AbortSignal | undefined,
): Promise<void> {
  await runInOrder(runs, {
    limit: pool.threads + 1,
    signal,
    start: (run) => pool.run({ kind: 'prove', path, ...run }),
    accept: async () => 'go on',
  });
}

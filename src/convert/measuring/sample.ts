import { setImmediate } from 'node:timers/promises';
import { isStored } from '../../image/extents.js';
import type { ReadableImage } from '../../image/readable-image.js';
import type { Compression } from '../../native/boundary.js';
import { runInOrder } from '../../workers/run-in-order.js';
import { sumLengths } from '../../workers/sum-lengths.js';
import { strewn, sumOf } from './estimate.js';
import type { Encoding, Meter } from './meter.js';
import { type Piece, spreadPieces } from './spread.js';

/** Pieces that stand for an image. */
export interface Sample {
  /** Those with content, in an order in which the first ones stand for all; none where the image has none. */
  readonly pieces: readonly Piece[];
  readonly contentBytes: number;
  /** The size of each at the compression that was asked for. */
  readonly referenceSizes: readonly number[];
  /** Content of the whole image, as it is estimated from them: the bytes of clusters that are not all zeros. */
  readonly imageContentBytes: number;
}

export interface SampleOptions {
  readonly pieceBytes: number;
  /** The sample is no larger, but for one piece. */
  readonly mostBytes: number;
  /** What all pieces are compressed with once. */
  readonly reference: Compression;
  readonly signal?: AbortSignal | undefined;
  readonly onPiece?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** Takes pieces that are spread evenly over what an image stores, and reads them, so that the system has them in memory. */
export async function takeSample(
  image: ReadableImage,
  meter: Meter,
  options: SampleOptions,
): Promise<Sample> {
  const { signal, pieceBytes } = options;
  const storedBytes = await storedLength(image, 0, image.sizeBytes, signal);
  if (storedBytes === 0) return { pieces: [], contentBytes: 0, referenceSizes: [], imageContentBytes: 0 };
  const mostPieces = Math.max(1, Math.floor(options.mostBytes / pieceBytes));
  const { sizeBytes } = image;
  const chosen: Piece[] = [];
  for (const piece of spreadPieces(image.extents(), { sizeBytes, storedBytes, pieceBytes, mostPieces })) {
    chosen.push(piece);
    await setImmediate();
    signal?.throwIfAborted();
  }
  const encoded: (Piece & Encoding)[] = [];
  let storedOfPieces = 0;
  await runInOrder(chosen, {
    limit: meter.threads,
    signal,
    start: async (piece) => ({ ...piece, ...(await meter.encode(piece, options.reference)) }),
    accept: async (piece) => {
      storedOfPieces += await storedLength(image, piece.startBytes, piece.lengthBytes, signal);
      if (piece.contentBytes > 0) encoded.push(piece);
      options.onPiece?.(piece.startBytes, sizeBytes);
      return 'go on';
    },
  });
  const pieces = strewn(encoded);
  const contentBytes = sumOf(pieces.map((piece) => piece.contentBytes));
  return {
    pieces,
    contentBytes,
    referenceSizes: pieces.map(({ encodedBytes }) => encodedBytes),
    imageContentBytes: Math.round(storedBytes * (contentBytes / storedOfPieces)),
  };
}

function storedLength(
  image: ReadableImage,
  startBytes: number,
  lengthBytes: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const extents = image.extents(startBytes, lengthBytes);
  return sumLengths(extents, (extent) => (isStored(extent) ? extent.lengthBytes : 0), signal);
}

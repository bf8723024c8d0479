import { segmentBytes } from '../workers/jobs.js';
import { sumLengths } from '../workers/sum-lengths.js';
import type { ReadableImage } from './readable-image.js';
import { cutSegments, type Work } from './segments.js';

/** The work that an image makes, in guest order. */
export function workOf(image: ReadableImage): Iterable<Work> {
  return cutSegments(image.sizeBytes, segmentBytes, image.extents());
}

export interface Amount {
  /** Guest bytes that have to be read: runs of zeros take no time worth telling. */
  readonly totalBytes: number;
  /** Segments and runs of zeros. */
  readonly pieces: number;
}

/** How much work an image makes. @throws the signal's reason */
export async function amountOf(image: ReadableImage, signal?: AbortSignal): Promise<Amount> {
  let pieces = 0;
  const lengthOf = ({ kind, lengthBytes }: Work) => {
    pieces += 1;
    return kind === 'segment' ? lengthBytes : 0;
  };
  const totalBytes = await sumLengths(workOf(image), lengthOf, signal);
  return { totalBytes, pieces };
}

import type { ReadableImage } from '../image/readable-image.js';
import { segmentBytes } from '../workers/jobs.js';
import { sumLengths } from '../workers/sum-lengths.js';
import { cutSegments, type Work } from './segments.js';

/** The work that an image makes, in guest order. */
export function workOf(image: ReadableImage): Iterable<Work> {
  return cutSegments(image.sizeBytes, segmentBytes, image.extents());
}

/** Guest bytes that have to be read: runs of zeros take no time worth telling. */
export async function bytesToRead(image: ReadableImage, signal?: AbortSignal): Promise<number> {
  return await sumLengths(
    workOf(image),
    ({ kind, lengthBytes }) => (kind === 'segment' ? lengthBytes : 0),
    signal,
  );
}

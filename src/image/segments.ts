import type { Extent } from '../native/boundary.js';
import { isStored } from './extents.js';

/** A part of the work that an image makes, in guest order: a segment to be read, or a run that is known to be zeros. */
export interface Work {
  readonly kind: 'segment' | 'zeros';
  readonly startBytes: number;
  readonly lengthBytes: number;
}

/**
 * Cuts a disk into work. Every segment that holds any stored byte is read; whole segments without one become one
 * run of zeros, however long. Pure.
 *
 * @param extents all extents of the disk, in order
 */
export function* cutSegments(
  sizeBytes: number,
  segmentBytes: number,
  extents: Iterable<Extent>,
): Generator<Work> {
  // All before this offset, a multiple of the segment size, is given out already.
  let at = 0;
  for (const extent of extents) {
    if (!isStored(extent)) continue;
    const { startBytes, lengthBytes } = extent;
    const first = Math.max(at, Math.floor(startBytes / segmentBytes) * segmentBytes);
    if (first > at) yield { kind: 'zeros', startBytes: at, lengthBytes: first - at };
    const end = startBytes + lengthBytes;
    for (at = first; at < end; at += segmentBytes) {
      yield { kind: 'segment', startBytes: at, lengthBytes: Math.min(segmentBytes, sizeBytes - at) };
    }
  }
  if (at < sizeBytes) yield { kind: 'zeros', startBytes: at, lengthBytes: sizeBytes - at };
}

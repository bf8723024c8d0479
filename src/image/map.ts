import { setImmediate } from 'node:timers/promises';
import type { Extent } from '../native/boundary.js';
import type { Image } from './open-image.js';

// Merging so many takes milliseconds; in between signals are seen.
const extentsAtOnce = 4096;

type Mappable = Pick<Image, 'format' | 'virtualSizeBytes' | 'extents'>;

/**
 * The extents of a whole disk as `qemu-img map` joins them: two in a row differ in kind, or in the file the second
 * does not follow the first, or it is another file of a chain. All of a raw image has its place in the file, also its
 * holes, and what its last sector has beyond the file.
 *
 * @throws ForgeError QCOW2_* or IO_*, or the signal's reason
 */
export async function* mapOf(image: Mappable, signal?: AbortSignal): AsyncGenerator<Extent> {
  let run: Extent | undefined;
  let seen = 0;
  for (const extent of wholeDisk(image)) {
    if (run !== undefined && continues(run, extent)) {
      run = { ...run, lengthBytes: run.lengthBytes + extent.lengthBytes };
    } else {
      if (run !== undefined) yield run;
      // As qemu-img, which tells holes of the file for raw images alone.
      const { isHole: _, ...told } = extent;
      run = told;
    }
    seen += 1;
    if (seen % extentsAtOnce !== 0) continue;
    await setImmediate();
    signal?.throwIfAborted();
  }
  if (run !== undefined) yield run;
}

function* wholeDisk({ format, extents, virtualSizeBytes }: Mappable): Generator<Extent> {
  let end = 0;
  for (const extent of extents()) {
    yield extent;
    end = extent.startBytes + extent.lengthBytes;
  }
  if (end < virtualSizeBytes) {
    const rest = { startBytes: end, lengthBytes: virtualSizeBytes - end, kind: 'unallocated' } as const;
    yield format === 'raw' ? { ...rest, hostOffsetBytes: end } : rest;
  }
}

function continues(run: Extent, next: Extent): boolean {
  if (run.kind !== next.kind || run.depth !== next.depth) return false;
  if (run.hostOffsetBytes === undefined) return next.hostOffsetBytes === undefined;
  return run.hostOffsetBytes + run.lengthBytes === next.hostOffsetBytes;
}

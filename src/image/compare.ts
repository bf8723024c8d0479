import { segmentBytes } from '../workers/jobs.js';
import { runInOrder } from '../workers/run-in-order.js';
import { sumLengths } from '../workers/sum-lengths.js';
import { WorkerPool } from '../workers/worker-pool.js';
import { isStored } from './extents.js';
import type { AllowExternal } from './external-files.js';
import { type FormatName, wholeSectors } from './format.js';
import { openReadable, type ReadableImage } from './readable-image.js';

export interface CompareProgress {
  readonly phase: 'inflating' | 'comparing';
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
}

export interface CompareOptions {
  readonly formatA?: FormatName | undefined;
  readonly formatB?: FormatName | undefined;
  /** Id or name of a snapshot of A to compare, instead of its active state. */
  readonly snapshotA?: string | undefined;
  readonly snapshotB?: string | undefined;
  /** Read images that are marked corrupt. */
  readonly allowCorrupt?: boolean | undefined;
  /** Read the backing and data files that the images name. */
  readonly allowExternal?: AllowExternal | undefined;
  /** Different sizes make images different, even where the longer one has only zeros more. */
  readonly strict?: boolean | undefined;
  readonly threads?: number | undefined;
  /** Have the calling thread compare images of a few MiB, as in a conversion. */
  readonly ownThread?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CompareProgress) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

export interface Comparison {
  readonly identical: boolean;
  /** The first guest offset at which the images differ: in content, or where the shorter one ends. */
  readonly firstDifferenceBytes: number | undefined;
  readonly sizesDiffer: boolean;
}

/**
 * Compares the guest bytes of two images of any formats. As with qemu-img, images of different sizes are identical
 * when all that the longer one has more is zeros, unless `strict`.
 *
 * @throws ForgeError where an image cannot be read, or the signal's reason
 */
export async function compareImages(a: string, b: string, options: CompareOptions = {}): Promise<Comparison> {
  await using pool = new WorkerPool(options.threads, options);
  const open = (path: string, format: FormatName | undefined, snapshot: string | undefined) =>
    openReadable(path, {
      format,
      snapshot,
      allowCorrupt: options.allowCorrupt,
      allowExternal: options.allowExternal,
      pool,
      signal: options.signal,
      onSpill: (doneBytes, totalBytes) => options.onProgress?.({ phase: 'inflating', doneBytes, totalBytes }),
      onWarning: options.onWarning,
    });
  await using imageA = await open(a, options.formatA, options.snapshotA);
  await using imageB = await open(b, options.formatB, options.snapshotB);
  return await compareReadable(imageA, imageB, pool, options);
}

type DifferenceOptions = Pick<CompareOptions, 'strict' | 'signal' | 'onProgress'>;

/** The same for images that are open already. */
export async function compareReadable(
  a: ReadableImage,
  b: ReadableImage,
  pool: WorkerPool,
  options: DifferenceOptions = {},
): Promise<Comparison> {
  const sizesDiffer = wholeSectors(a.sizeBytes) !== wholeSectors(b.sizeBytes);
  const shared = Math.min(a.sizeBytes, b.sizeBytes);
  const longer = a.sizeBytes > b.sizeBytes ? a : b;
  const inBoth = () => storedSegments([a, b], 0, shared);
  let found = await firstHit(inBoth, pool, options, (startBytes, lengthBytes) =>
    pool.run({ kind: 'difference', image: a.ref, other: b.ref, startBytes, lengthBytes }),
  );
  if (found === undefined && sizesDiffer && options.strict === true) found = shared;
  if (found === undefined && longer.sizeBytes > shared) {
    const beyond = () => storedSegments([longer], shared, longer.sizeBytes);
    found = await firstHit(beyond, pool, options, (startBytes, lengthBytes) =>
      pool.run({ kind: 'nonZero', image: longer.ref, startBytes, lengthBytes }),
    );
  }
  return { identical: found === undefined, firstDifferenceBytes: found, sizesDiffer };
}

type Range = readonly [startBytes: number, endBytes: number];

function lengthOf([startBytes, endBytes]: Range): number {
  return endBytes - startBytes;
}

/** Runs a search on the segments, a few at a time, and returns the lowest offset that any of them finds. */
async function firstHit(
  segments: () => Iterable<Range>,
  pool: WorkerPool,
  { signal, onProgress }: DifferenceOptions,
  search: (startBytes: number, lengthBytes: number) => Promise<number>,
): Promise<number | undefined> {
  let found: number | undefined;
  let doneBytes = 0;
  const totalBytes = await sumLengths(segments(), lengthOf, signal);
  await runInOrder(segments(), {
    limit: pool.threads + 1,
    signal,
    start: ([startBytes, endBytes]) => search(startBytes, endBytes - startBytes),
    accept: async (offset, range) => {
      doneBytes += lengthOf(range);
      onProgress?.({ phase: 'comparing', doneBytes, totalBytes });
      if (offset < 0) return 'go on';
      found = offset;
      return 'stop';
    },
  });
  return found;
}

/** The segments, as start and end, of which any of the images holds stored bytes. */
function* storedSegments(
  images: readonly ReadableImage[],
  startBytes: number,
  endBytes: number,
): Generator<Range> {
  const cursors = images.map((image) => storedExtents(image, startBytes, endBytes));
  const heads = cursors.map((cursor) => cursor.next());
  for (let at = startBytes; at < endBytes; ) {
    let next = endBytes;
    for (const [index, cursor] of cursors.entries()) {
      let head = heads[index];
      while (head !== undefined && head.done !== true && head.value[1] <= at) head = cursor.next();
      if (head === undefined) continue;
      heads[index] = head;
      if (head.done !== true) next = Math.min(next, Math.max(head.value[0], at));
    }
    if (next >= endBytes) return;
    const end = Math.min(endBytes, (Math.floor(next / segmentBytes) + 1) * segmentBytes);
    yield [next, end];
    at = end;
  }
}

function* storedExtents(image: ReadableImage, startBytes: number, endBytes: number) {
  for (const extent of image.extents(startBytes, endBytes - startBytes)) {
    if (!isStored(extent)) continue;
    yield [extent.startBytes, extent.startBytes + extent.lengthBytes] as const;
  }
}

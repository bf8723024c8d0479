import type { ReadableImage } from '../image/readable-image.js';
import { amountOf, workOf } from '../image/work.js';
import { runInOrder } from '../workers/run-in-order.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { ConvertOptions } from './options.js';
import type { SegmentSink } from './sink/segment-sink.js';

/** What a conversion has done. */
export interface Copied {
  readonly sizeBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Where it was asked for. */
  readonly guestDigest?: string | undefined;
}

type CopyOptions = Pick<ConvertOptions, 'digest' | 'signal' | 'onProgress'>;

/**
 * Brings all of an image into a sink: the heart of every conversion. At most workers + 2 segments are on their way,
 * which is what bounds the memory.
 */
export async function copyInto(
  sink: SegmentSink,
  image: ReadableImage,
  pool: WorkerPool,
  options: CopyOptions,
): Promise<Copied> {
  if (options.digest !== true) return await copyAll(sink, image, pool, options);
  const { DigestingSink } = await import('./sink/digesting-sink.js');
  const digesting = new DigestingSink(sink, image.ref, pool, options.signal);
  const copied = await copyAll(digesting, image, pool, options);
  return { ...copied, guestDigest: digesting.hex() };
}

async function copyAll(
  sink: SegmentSink,
  image: ReadableImage,
  pool: WorkerPool,
  { signal, onProgress }: CopyOptions,
): Promise<Copied> {
  let readBytes = 0;
  const { totalBytes, pieces } = await amountOf(image, signal);
  await sink.begin(pieces);
  try {
    await runInOrder(workOf(image), {
      limit: pool.threads + 2,
      signal,
      start: async (work) => (work.kind === 'segment' ? await sink.start(work) : () => sink.addZeros(work)),
      accept: async (letIn, work) => {
        await letIn();
        if (work.kind === 'segment') readBytes += work.lengthBytes;
        const { writtenBytes } = sink;
        onProgress?.({ phase: 'converting', doneBytes: readBytes, totalBytes, readBytes, writtenBytes });
        return 'go on';
      },
    });
    await sink.finish();
  } finally {
    await sink.settle?.();
  }
  return { sizeBytes: image.sizeBytes, readBytes, writtenBytes: sink.writtenBytes };
}

import type { ReadableImage } from '../image/readable-image.js';
import { runInOrder } from '../workers/run-in-order.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { ConvertOptions } from './options.js';
import type { SegmentSink } from './sink/segment-sink.js';
import { amountOf, workOf } from './work.js';

/** What a conversion has done. */
export interface Copied {
  readonly sizeBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/**
 * Brings all of an image into a sink: the heart of every conversion. At most workers + 2 segments are on their way,
 * which is what bounds the memory.
 */
export async function copyInto(
  sink: SegmentSink,
  image: ReadableImage,
  pool: WorkerPool,
  { signal, onProgress }: Pick<ConvertOptions, 'signal' | 'onProgress'>,
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

import type { ReadableImage } from '../image/readable-image.js';
import { segmentBytes } from '../workers/jobs.js';
import { runInOrder } from '../workers/run-in-order.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { ConvertOptions } from './options.js';
import { cutSegments } from './segments.js';
import type { SegmentSink } from './sink/segment-sink.js';

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
  await sink.begin();
  await runInOrder(cutSegments(image.sizeBytes, segmentBytes, image.extents()), {
    limit: pool.threads + 2,
    signal,
    start: async (work) => (work.kind === 'segment' ? await sink.start(work) : () => sink.addZeros(work)),
    accept: async (letIn, work) => {
      await letIn();
      if (work.kind === 'segment') readBytes += work.lengthBytes;
      onProgress?.({
        phase: 'converting',
        doneBytes: work.startBytes + work.lengthBytes,
        totalBytes: image.sizeBytes,
        readBytes,
        writtenBytes: sink.writtenBytes,
      });
      return 'go on';
    },
  });
  await sink.finish();
  return { sizeBytes: image.sizeBytes, readBytes, writtenBytes: sink.writtenBytes };
}

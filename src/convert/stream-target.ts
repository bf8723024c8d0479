import type { Writable } from 'node:stream';
import type { ReadableImage } from '../image/readable-image.js';
import { runInOrder } from '../workers/run-in-order.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import { type Copied, copyInto } from './copy-segments.js';
import type { ConvertOptions } from './options.js';
import { StreamByteTarget } from './output/byte-target.js';
import type { Plan } from './plan.js';
import { createAppendingSink } from './sink/create-sink.js';
import { clusterBytes, Qcow2Assembly } from './sink/qcow2-assembly.js';
import { amountOf, workOf } from './work.js';

type StreamOptions = Pick<ConvertOptions, 'signal' | 'onProgress'>;

/** Converts into a stream, where nothing can be written twice. The stream is left open. */
export async function streamInto(
  stream: Writable,
  image: ReadableImage,
  plan: Plan,
  pool: WorkerPool,
  options: StreamOptions,
): Promise<Copied> {
  const frontMatter = plan.scansFirst ? await scanFrontMatter(image, pool, options) : undefined;
  const target = new StreamByteTarget(stream, 'standard output', options.signal);
  const sink = createAppendingSink(image, target, plan, pool, frontMatter);
  return await copyInto(sink, image, pool, options);
}

/** A first pass over the image that writes nothing: it finds the clusters with data, which decide all tables. */
async function scanFrontMatter(
  image: ReadableImage,
  pool: WorkerPool,
  { signal, onProgress }: StreamOptions,
): Promise<Uint8Array[]> {
  const assembly = new Qcow2Assembly(image.sizeBytes, async () => {});
  let readBytes = 0;
  const { totalBytes } = await amountOf(image, signal);
  await runInOrder(workOf(image), {
    limit: pool.threads + 2,
    signal,
    start: async ({ kind, startBytes, lengthBytes }) =>
      kind === 'zeros'
        ? undefined
        : await pool.run({ kind: 'scan', image: image.ref, startBytes, lengthBytes, clusterBytes }),
    accept: async (hasData, { startBytes, lengthBytes }) => {
      if (hasData !== undefined) {
        await assembly.addSegment(startBytes, lengthBytes, hasData);
        readBytes += lengthBytes;
      }
      onProgress?.({ phase: 'scanning', doneBytes: readBytes, totalBytes, readBytes, writtenBytes: 0 });
      return 'go on';
    },
  });
  return await assembly.finish();
}

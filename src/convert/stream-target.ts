import type { Writable } from 'node:stream';
import type { ReadableImage } from '../image/readable-image.js';
import type { Work } from '../image/segments.js';
import { amountOf, workOf } from '../image/work.js';
import { runInOrder } from '../workers/run-in-order.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import { type Copied, copyInto } from './copy-segments.js';
import type { ConvertOptions } from './options.js';
import { StreamByteTarget } from './output/byte-target.js';
import type { Plan } from './plan.js';
import { CompressedClusters } from './sink/cluster-writer.js';
import { createAppendingSink } from './sink/create-sink.js';
import { clusterBytes, nowhere, Qcow2Assembly } from './sink/qcow2-assembly.js';
import { SegmentCompressor } from './sink/segment-compressor.js';

type StreamOptions = Pick<ConvertOptions, 'digest' | 'signal' | 'onProgress'>;

/** Converts into a stream, where nothing can be written twice. The stream is left open. */
export async function streamInto(
  stream: Writable,
  image: ReadableImage,
  plan: Plan,
  pool: WorkerPool,
  options: StreamOptions,
): Promise<Copied> {
  const frontMatter = plan.scansFirst ? await scanFrontMatter(image, plan, pool, options) : undefined;
  const target = new StreamByteTarget(stream, 'standard output', options.signal);
  const sink = createAppendingSink(image, target, plan, pool, frontMatter);
  return await copyInto(sink, image, pool, options);
}

/**
 * A first pass over the image that writes nothing: it finds the clusters with data, which decide all tables. Where
 * clusters are to be compressed their lengths count as well, so that they are compressed twice.
 */
async function scanFrontMatter(
  image: ReadableImage,
  plan: Plan,
  pool: WorkerPool,
  { signal, onProgress }: StreamOptions,
): Promise<Uint8Array[]> {
  const assembly = new Qcow2Assembly(image.sizeBytes, nowhere, plan.clusters?.compression.type);
  const scan = createScan(image, plan, pool, assembly);
  let readBytes = 0;
  const { totalBytes } = await amountOf(image, signal);
  await runInOrder(workOf(image), {
    limit: pool.threads + 2,
    signal,
    start: async (work) => (work.kind === 'segment' ? await scan(work) : undefined),
    accept: async (letIn, { lengthBytes }) => {
      if (letIn !== undefined) {
        await letIn();
        readBytes += lengthBytes;
      }
      onProgress?.({ phase: 'scanning', doneBytes: readBytes, totalBytes, readBytes, writtenBytes: 0 });
      return 'go on';
    },
  });
  return await assembly.finish();
}

type Scan = (segment: Work) => Promise<() => Promise<void>>;

function createScan(image: ReadableImage, plan: Plan, pool: WorkerPool, assembly: Qcow2Assembly): Scan {
  if (plan.clusters !== undefined) {
    const compressor = new SegmentCompressor(image.ref, pool, plan.clusters, undefined);
    const clusters = new CompressedClusters(compressor, assembly);
    return (segment) => clusters.start(segment);
  }
  return async ({ startBytes, lengthBytes }) => {
    const hasData = await pool.run({
      kind: 'scan',
      image: image.ref,
      startBytes,
      lengthBytes,
      clusterBytes,
      onlyPlain: false,
    });
    return async () => {
      if (hasData !== undefined) await assembly.addSegment(startBytes, lengthBytes, hasData);
    };
  };
}

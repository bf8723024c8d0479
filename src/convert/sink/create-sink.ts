import type { TargetFile } from '../../files/target-file.js';
import type { ReadableImage } from '../../image/readable-image.js';
import type { WorkerPool } from '../../workers/worker-pool.js';
import { type ByteTarget, FileByteTarget } from '../output/byte-target.js';
import type { ContentOutput } from '../output/content-output.js';
import { GzipOutput } from '../output/gzip-output.js';
import { PlainOutput } from '../output/plain-output.js';
import type { Plan } from '../plan.js';
import { type ClusterWriter, CompressedClusters, PlainClusters } from './cluster-writer.js';
import { PlacedClusters } from './placed-clusters.js';
import { PlacedSink } from './placed-sink.js';
import { clusterBytes, Qcow2Assembly } from './qcow2-assembly.js';
import { Qcow2Sink } from './qcow2-sink.js';
import { RawContentSink } from './raw-content-sink.js';
import { SegmentCompressor } from './segment-compressor.js';
import { SegmentEncoder } from './segment-encoder.js';
import type { SegmentSink } from './segment-sink.js';

/** The sink that a plan asks for, into a file. */
export function createFileSink(
  image: ReadableImage,
  file: TargetFile,
  plan: Plan,
  pool: WorkerPool,
): SegmentSink {
  if (plan.sink === 'placed') return new PlacedSink(image.ref, image.sizeBytes, file, pool);
  const target = new FileByteTarget(file.handle, file.path);
  if (plan.placesClusters) return createPlacingSink(image, file.temporaryPath, target, pool);
  return createAppendingSink(image, target, plan, pool);
}

/** A plain qcow2, to which workers bring the clusters themselves. */
function createPlacingSink(
  image: ReadableImage,
  path: string,
  target: FileByteTarget,
  pool: WorkerPool,
): SegmentSink {
  const output = new PlainOutput(target);
  const assembly = new Qcow2Assembly(image.sizeBytes, output);
  const others = new PlainClusters(
    new SegmentEncoder(image.ref, pool, clusterBytes, undefined),
    assembly,
    output,
  );
  const clusters = new PlacedClusters({ image: image.ref, path, target, assembly, pool, others });
  return new Qcow2Sink(image.sizeBytes, assembly, clusters, output);
}

/** The sink that a plan asks for, for a target to which bytes are appended. */
export function createAppendingSink(
  image: ReadableImage,
  target: ByteTarget,
  plan: Plan,
  pool: WorkerPool,
  frontMatter?: readonly Uint8Array[],
): SegmentSink {
  const output: ContentOutput =
    plan.compression === undefined ? new PlainOutput(target) : new GzipOutput(target, plan.compression);
  if (plan.sink === 'qcow2') {
    const assembly = new Qcow2Assembly(image.sizeBytes, output, plan.clusters?.compression.type);
    const clusters = createClusterWriter(image, plan, pool, assembly, output);
    return new Qcow2Sink(image.sizeBytes, assembly, clusters, output, frontMatter);
  }
  return new RawContentSink(new SegmentEncoder(image.ref, pool, 0, plan.compression), output);
}

function createClusterWriter(
  image: ReadableImage,
  plan: Plan,
  pool: WorkerPool,
  assembly: Qcow2Assembly,
  output: ContentOutput,
): ClusterWriter {
  if (plan.clusters === undefined) {
    const encoder = new SegmentEncoder(image.ref, pool, clusterBytes, plan.compression);
    return new PlainClusters(encoder, assembly, output);
  }
  const compressor = new SegmentCompressor(image.ref, pool, plan.clusters, plan.compression);
  return new CompressedClusters(compressor, assembly);
}

import type { ReadableImage } from '../../image/readable-image.js';
import type { Compression, EngineFacts } from '../../native/boundary.js';
import { segmentBytes } from '../../workers/jobs.js';
import type { WorkerPool } from '../../workers/worker-pool.js';
import { compressionFor } from '../compression.js';
import { defaultLevel, type LevelChoice, levels } from '../options.js';
import { type MeasuredLevel, soonest, type Transfer } from './advice.js';
import { estimateSizes, sumOf } from './estimate.js';
import { Meter } from './meter.js';
import { type Sample, takeSample } from './sample.js';

// At the densest level a piece takes about 100 ms of one core; at the fastest a tenth of the time is the way to the worker
// and back.
const pieceBytes = 512 * 1024;
const piecesPerThread = 16;
// Thirteen levels are to take a second in all.
const sliceMs = 40;
const mostMs = 1000;

export interface ChooseOptions {
  readonly bandwidthBitsPerSecond: number;
  readonly engines: readonly EngineFacts[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds out in about a second which level has an image in the bucket soonest, by compressing pieces of it in the pool
 * that will convert it.
 */
export async function chooseLevel(
  image: ReadableImage,
  pool: WorkerPool,
  { bandwidthBitsPerSecond, engines, signal }: ChooseOptions,
): Promise<LevelChoice> {
  const meter = new Meter(pool, image.ref, pieceBytes);
  const sample = await takeSample(image, meter, {
    pieceBytes,
    mostBytes: piecesPerThread * pool.threads * pieceBytes,
    reference: compressionFor(levels.least + 1, undefined, engines),
    signal,
  });
  const contentBytes = sample.imageContentBytes;
  const transfer = { contentBytes, bandwidthBitsPerSecond, threads: pool.threads, segmentBytes };
  const measured = await measureLevels(meter, sample, transfer, engines);
  // A disk of zeros alone is over in a moment at any level.
  const nothing = { level: defaultLevel, compressMs: 0, uploadMs: 0, totalMs: 0, compressedBytes: 0 };
  const best = measured.length === 0 ? nothing : soonest(measured, transfer);
  const compression = compressionFor(best.level, undefined, engines);
  return { ...best, compression, contentBytes, bandwidthBitsPerSecond, measured };
}

/**
 * Every level from fast to dense, until one takes twice as long to compress as another takes in all: those behind it are
 * slower still. Twice, as the machine may have been busy with something else for a moment.
 */
async function measureLevels(
  meter: Meter,
  sample: Sample,
  transfer: Transfer,
  engines: readonly EngineFacts[],
): Promise<readonly MeasuredLevel[]> {
  const measured: MeasuredLevel[] = [];
  if (sample.pieces.length === 0) return measured;
  const startedMs = performance.now();
  let similar = sample.referenceSizes;
  let before: Compression | undefined;
  for (let level: number = levels.least; level <= levels.most; level += 1) {
    const compression = compressionFor(level, undefined, engines);
    // A build without libdeflate does the densest levels all alike.
    if (compression.engine === before?.engine && compression.level === before.level) continue;
    // Engines differ from piece to piece more than levels of one of them do.
    const leastPieces = compression.engine === before?.engine ? 0 : sample.pieces.length;
    before = compression;
    const slice = { lengthMs: sliceMs, first: 0, leastPieces };
    const { bytesPerSecond, sizes } = await meter.measure(sample.pieces, compression, slice);
    const allSizes = estimateSizes(similar, sizes);
    // What is only stored says nothing of how pieces compare that are compressed.
    if (compression.level > 0) similar = allSizes;
    measured.push({ level, bytesPerSecond, ratio: sumOf(allSizes) / sample.contentBytes });
    const compressMs = (transfer.contentBytes / bytesPerSecond) * 1000;
    const isHopeless = compressMs > 2 * soonest(measured, transfer).totalMs;
    if (isHopeless || performance.now() - startedMs > mostMs) break;
  }
  return measured;
}

import { compressionFor } from '../convert/compression.js';
import { Meter } from '../convert/measuring/meter.js';
import { type Sample, takeSample } from '../convert/measuring/sample.js';
import { ForgeError, toForgeError } from '../errors.js';
import { openReadable, type ReadableImage } from '../image/readable-image.js';
import { addon } from '../native/addon.js';
import { segmentBytes } from '../workers/jobs.js';
import { defaultThreads, WorkerPool } from '../workers/worker-pool.js';
import { gatherMachineFiles, machineFolder } from './machine-files.js';
import { measureMemory } from './memory.js';
import type { BenchOptions, BenchResult, Subject } from './options.js';
import { type Cell, createCells, measureInRounds, nameOf } from './rounds.js';
import { allSettings } from './settings.js';
import { adviceFor, summarize } from './summary.js';

const defaultSampleBytes = 128 * 2 ** 20;
const defaultSeconds = 30;
const defaultBandwidths = [50e6, 200e6, 1e9, 10e9];
// By way of example, where there is no image.
const exampleBytes = 10 * 2 ** 30;
// Processes have to be started for it, one for each setting.
const memoryShare = 0.3;

interface Measured extends AsyncDisposable {
  readonly image: ReadableImage;
  readonly name: string;
  readonly isImage: boolean;
}

/**
 * Measures every engine at every level with several numbers of threads, on an image of any format or on files of this
 * machine, and says which level is the best for which link.
 *
 * @param path undefined for files of this machine
 * @throws ForgeError, or the signal's reason
 */
export async function runBench(path: string | undefined, options: BenchOptions): Promise<BenchResult> {
  const { signal } = options;
  const startedMs = performance.now();
  const threads = [...new Set(options.threads ?? [1, defaultThreads()])].sort((a, b) => a - b);
  try {
    await using pools = createPools(threads, signal);
    await using measured = await openSubject(path, options, pools.largest);
    const meters = pools.all.map((each) => new Meter(each, measured.image.ref, segmentBytes));
    const sample = await sampleOf(measured, meters, options);
    const settings = allSettings(addon.engines());
    const cells = createCells(
      settings.map(({ compression }) => compression),
      meters,
    );
    const peaks = await measureCells(cells, measured, sample, options);
    const results = summarize(settings, cells, sample, peaks);
    const subject = describeSubject(measured, sample);
    const bandwidths = options.bandwidthsBitsPerSecond ?? defaultBandwidths;
    const advice = adviceFor(results, subject.contentBytes, bandwidths);
    return { subject, threads, settings: results, advice, elapsedMs: performance.now() - startedMs };
  } catch (thrown) {
    signal?.throwIfAborted();
    throw toForgeError(thrown);
  }
}

interface Pools extends AsyncDisposable {
  readonly all: readonly WorkerPool[];
  readonly largest: WorkerPool;
}

/** @param threads one number or more, the largest last */
function createPools(threads: readonly number[], signal: AbortSignal | undefined): Pools {
  const all = threads.map((count) => new WorkerPool(count, { signal }));
  return {
    all,
    largest: all.at(-1) as WorkerPool,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map((pool) => pool[Symbol.asyncDispose]()));
    },
  };
}

async function openSubject(
  path: string | undefined,
  options: BenchOptions,
  pool: WorkerPool,
): Promise<Measured> {
  const { onProgress, signal } = options;
  if (path === undefined) {
    onProgress?.({ phase: 'gathering', doneShare: undefined });
    const mostBytes = options.sampleBytes ?? defaultSampleBytes;
    const { image, fileCount } = await gatherMachineFiles(machineFolder, mostBytes, signal);
    return { ...owned(image), name: `${fileCount} files of ${machineFolder}`, isImage: false };
  }
  const image = await openReadable(path, {
    ...options,
    pool,
    onSpill: (consumedBytes, totalBytes) =>
      onProgress?.({ phase: 'inflating', doneShare: totalBytes && consumedBytes / totalBytes }),
  });
  return { ...owned(image), name: path, isImage: true };
}

function owned(image: ReadableImage): Pick<Measured, 'image' | typeof Symbol.asyncDispose> {
  return { image, [Symbol.asyncDispose]: () => image[Symbol.asyncDispose]() };
}

async function sampleOf(
  { image, name }: Measured,
  meters: readonly Meter[],
  { sampleBytes = defaultSampleBytes, signal, onProgress }: BenchOptions,
): Promise<Sample> {
  const reference = compressionFor(1, undefined, addon.engines());
  const sample = await takeSample(image, meters.at(-1) as Meter, {
    pieceBytes: segmentBytes,
    mostBytes: sampleBytes,
    reference,
    signal,
    onPiece: (doneBytes, totalBytes) =>
      onProgress?.({ phase: 'sampling', doneShare: doneBytes / totalBytes }),
  });
  if (sample.pieces.length === 0) {
    throw new ForgeError('ARGUMENT_INVALID', 'has no data, so there is nothing to compress', { path: name });
  }
  // Starts all threads, so that no slice has to wait for them.
  for (const meter of meters)
    await meter.measure(sample.pieces, reference, { lengthMs: 0, first: 0, leastPieces: 0 });
  return sample;
}

/** @returns the peak memory of each cell */
async function measureCells(
  cells: readonly Cell[],
  { image }: Measured,
  sample: Sample,
  { seconds = defaultSeconds, signal, onProgress }: BenchOptions,
): Promise<readonly (number | undefined)[]> {
  const tasks = cells.map(({ compression, meter: { threads } }) => {
    const pieces = sample.pieces.slice(0, threads);
    return { image: image.ref, pieces, pieceBytes: segmentBytes, compression, threads };
  });
  const startedMs = performance.now();
  const peaks = await measureMemory(tasks, {
    budgetMs: seconds * 1000 * memoryShare,
    signal,
    onTask: (doneShare) => onProgress?.({ phase: 'memory', doneShare }),
  });
  await measureInRounds(cells, sample, {
    budgetMs: Math.max(0, seconds * 1000 - (performance.now() - startedMs)),
    onSlice: (doneShare, { compression }) =>
      onProgress?.({ phase: 'measuring', doneShare, detail: nameOf(compression) }),
  });
  return tasks.map((task) => peaks.get(task));
}

function describeSubject({ name, isImage }: Measured, sample: Sample): Subject {
  const contentBytes = isImage ? sample.imageContentBytes : exampleBytes;
  return { name, isImage, sampleBytes: sample.contentBytes, contentBytes };
}

import type { Forecast } from '../convert/measuring/advice.js';
import type { FormatName } from '../image/format.js';
import type { StateOptions } from '../image/readable-image.js';
import type { Compression } from '../native/boundary.js';

export interface BenchProgress {
  /** `inflating` an image or `gathering` files, `sampling`, then `memory` and speed (`measuring`). */
  readonly phase: 'inflating' | 'gathering' | 'sampling' | 'memory' | 'measuring';
  /** From 0 to 1; undefined where it cannot be told. */
  readonly doneShare: number | undefined;
  /** What is measured just now. */
  readonly detail?: string;
}

export interface BenchOptions extends StateOptions {
  readonly format?: FormatName | undefined;
  /** How much of the image is compressed; 128 MiB by default. */
  readonly sampleBytes?: number | undefined;
  /** Numbers of threads to measure with; 1 and all cores by default. */
  readonly threads?: readonly number[] | undefined;
  /** How long to measure, about; 30 by default. The slowest levels take their time all the same. */
  readonly seconds?: number | undefined;
  /** The links to give advice for; some usual ones by default. */
  readonly bandwidthsBitsPerSecond?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BenchProgress) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** What was measured on. */
export interface Subject {
  /** How people name it. */
  readonly name: string;
  /** Whether it is an image, and not files of this machine. */
  readonly isImage: boolean;
  readonly sampleBytes: number;
  /** What there is to compress in all of the image, as estimated; of files of the machine a size by way of example. */
  readonly contentBytes: number;
}

export interface Run {
  readonly threads: number;
  /** Content compressed in a second: the median of all slices. */
  readonly bytesPerSecond: number;
  readonly slices: number;
  /** Peak of a process that does this alone; undefined where there was no time to find out. */
  readonly peakBytes: number | undefined;
}

export interface MeasuredSetting {
  readonly compression: Compression;
  readonly userLevels: readonly number[];
  readonly ratio: number;
  /** One for each number of threads. */
  readonly runs: readonly Run[];
  /** Nothing else is both faster, with the most threads, and smaller. */
  readonly isOnFront: boolean;
}

/** Which level has the image in the bucket soonest over a link. */
export interface Advice {
  readonly bandwidthBitsPerSecond: number;
  readonly best: Forecast;
  /** All levels, for comparison. */
  readonly forecasts: readonly Forecast[];
}

export interface BenchResult {
  readonly subject: Subject;
  readonly threads: readonly number[];
  readonly settings: readonly MeasuredSetting[];
  readonly advice: readonly Advice[];
  readonly elapsedMs: number;
}

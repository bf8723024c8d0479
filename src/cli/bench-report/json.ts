import type { BenchResult } from '../../bench/options.js';
import type { Forecast } from '../../convert/measuring/advice.js';

/** What was measured, for programs. */
export function benchJson({
  subject,
  threads,
  settings,
  advice,
  elapsedMs,
}: BenchResult): Record<string, unknown> {
  return {
    subject: subject.name,
    'is-image': subject.isImage,
    'sample-bytes': subject.sampleBytes,
    'data-bytes': subject.contentBytes,
    threads,
    settings: settings.map(({ compression, userLevels, ratio, runs, isOnFront }) => ({
      engine: compression.engine,
      'engine-level': compression.level,
      levels: userLevels,
      ratio,
      'is-best': isOnFront,
      runs: runs.map((run) => ({
        threads: run.threads,
        'bytes-per-second': Math.round(run.bytesPerSecond),
        slices: run.slices,
        'peak-memory': run.peakBytes ?? null,
      })),
    })),
    advice: advice.map(({ bandwidthBitsPerSecond, best, forecasts }) => ({
      bandwidth: bandwidthBitsPerSecond,
      level: best.level,
      ...forecastKeys(best),
      levels: forecasts.map((forecast) => ({ level: forecast.level, ...forecastKeys(forecast) })),
    })),
    'elapsed-ms': Math.round(elapsedMs),
  };
}

function forecastKeys({ totalMs, compressMs, uploadMs, compressedBytes }: Forecast): Record<string, number> {
  return {
    'total-ms': Math.round(totalMs),
    'compress-ms': Math.round(compressMs),
    'upload-ms': Math.round(uploadMs),
    'compressed-bytes': Math.round(compressedBytes),
  };
}

import type { BenchResult, MeasuredSetting } from '../../../src/bench/options.js';
import { adviceFor } from '../../../src/bench/summary.js';
import type { EngineName } from '../../../src/native/boundary.js';

const mebibyte = 2 ** 20;

function setting(
  engine: EngineName,
  level: number,
  userLevels: readonly number[],
  [speed, ratio]: readonly [speed: number, ratio: number],
): MeasuredSetting {
  const run = (threads: number, peakBytes: number | undefined) => {
    return { threads, bytesPerSecond: speed * threads * mebibyte, slices: 3, peakBytes };
  };
  const runs = [run(1, 60 * mebibyte), run(4, undefined)];
  return { compression: { engine, level }, userLevels, ratio, runs, isOnFront: engine !== 'zlib' };
}

const settings = [
  setting('isal', 2, [1, 2], [400, 0.4]),
  setting('libdeflate', 6, [6], [80, 0.35]),
  setting('zlib', 0, [0], [2000, 1]),
  setting('zlib', 6, [], [30, 0.36]),
];

/** What a bench may have measured. */
export const exampleResult: BenchResult = {
  subject: {
    name: 'a <disk> & "more".raw',
    isImage: true,
    sampleBytes: 128 * mebibyte,
    contentBytes: 1024 * mebibyte,
  },
  threads: [1, 4],
  settings,
  advice: adviceFor(settings, 1024 * mebibyte, [50e6, 10e9]),
  elapsedMs: 30_000,
};

import { forecast, type MeasuredLevel, soonest } from '../convert/measuring/advice.js';
import type { Sample } from '../convert/measuring/sample.js';
import { segmentBytes } from '../workers/jobs.js';
import { frontOf } from './front.js';
import type { Advice, MeasuredSetting, Run } from './options.js';
import { type Cell, nameOf, rateOf, ratiosOf } from './rounds.js';
import type { Setting } from './settings.js';

/** What the cells say of each setting. Pure. @param peaks of each cell */
export function summarize(
  settings: readonly Setting[],
  cells: readonly Cell[],
  sample: Sample,
  peaks: readonly (number | undefined)[],
): readonly MeasuredSetting[] {
  const ratios = ratiosOf(cells, sample);
  const measured = settings.map((setting) => {
    const name = nameOf(setting.compression);
    const runs = cells.flatMap((cell, index): Run[] => {
      if (nameOf(cell.compression) !== name) return [];
      const { meter, rates } = cell;
      const bytesPerSecond = rateOf(cell);
      return [{ threads: meter.threads, bytesPerSecond, slices: rates.length, peakBytes: peaks[index] }];
    });
    return { ...setting, runs, ratio: ratios.get(name) ?? Number.NaN };
  });
  const front = frontOf(
    measured.map(({ compression, ratio, runs }) => ({
      compression,
      ratio,
      bytesPerSecond: runs.at(-1)?.bytesPerSecond ?? 0,
    })),
  );
  const best = new Set(front.map(({ compression }) => compression));
  return measured.map((setting) => ({ ...setting, isOnFront: best.has(setting.compression) }));
}

/** What to do over each link, with the most threads that were measured. Pure. */
export function adviceFor(
  settings: readonly MeasuredSetting[],
  contentBytes: number,
  bandwidthsBitsPerSecond: readonly number[],
): readonly Advice[] {
  const levels = settings
    .flatMap(({ userLevels, ratio, runs }): MeasuredLevel[] => {
      // Where several levels do the same, the lowest of them is its name.
      const [level] = userLevels;
      const run = runs.at(-1);
      if (level === undefined || run === undefined) return [];
      return [{ level, bytesPerSecond: run.bytesPerSecond, ratio }];
    })
    .toSorted((a, b) => a.level - b.level);
  const threads = settings[0]?.runs.at(-1)?.threads ?? 1;
  return bandwidthsBitsPerSecond.map((bandwidthBitsPerSecond) => {
    const transfer = { contentBytes, bandwidthBitsPerSecond, threads, segmentBytes };
    const forecasts = levels.map((level) => forecast(level, transfer));
    return { bandwidthBitsPerSecond, best: soonest(levels, transfer), forecasts };
  });
}

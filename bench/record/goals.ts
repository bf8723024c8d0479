import { median } from '../../src/bench/statistics.js';
import type { ContenderRecord } from './record.js';

/** The most that a ratio may be, and how people write it. */
export interface Limit {
  readonly most: number;
  readonly text: string;
}

/** What a scenario is to reach, as ratios to the rival of the same run. */
export interface Goals {
  readonly time?: Limit;
  /** Time that may come on top of the limit: that of the third contender. */
  readonly timeOnTop?: 'third contender';
  /** Length of the output. */
  readonly size?: Limit;
  /** Room of the output on the disk: a raw file must be as sparse. */
  readonly allocated?: Limit;
  /** Peak memory of ours, in bytes. */
  readonly peakBytes?: number;
}

/** One goal and what was measured of it; times and sizes are ratios, memory is bytes. */
export interface Verdict {
  readonly goal: 'time' | 'size' | 'allocated' | 'memory';
  readonly measured: number;
  readonly limit: Limit;
  readonly isMet: boolean;
}

/** A limit such as '1/6', '0.8' or '1.03'. */
export function atMost(text: string): Limit {
  const [numerator, denominator = '1'] = text.split('/');
  return { most: Number(numerator) / Number(denominator), text };
}

const mebibyte = 2 ** 20;

/** 300 MiB with two workers or one, 30 MiB for each further one. */
export function memoryGoalBytes(workers: number): number {
  return (300 + 30 * Math.max(0, workers - 2)) * mebibyte;
}

function medianWallMs(contender: ContenderRecord | undefined): number {
  return median(contender?.runs.map(({ wallMs }) => wallMs) ?? []);
}

/** Our time as a share of the rival's, without what is allowed on top. */
export function timeRatio(contenders: readonly ContenderRecord[], goals: Goals): number {
  const [ours, rival, third] = contenders;
  const onTopMs = goals.timeOnTop === undefined ? 0 : medianWallMs(third);
  return Math.max(0, medianWallMs(ours) - onTopMs) / medianWallMs(rival);
}

/** Our output as a share of the rival's; undefined where a scenario leaves none. */
export function outputRatio(
  [ours, rival]: readonly ContenderRecord[],
  kind: 'sizeBytes' | 'allocatedBytes',
): number | undefined {
  return ours?.output && rival?.output ? ours.output[kind] / rival.output[kind] : undefined;
}

/** The largest of all runs: a limit of memory has to hold in each. */
export function peakBytes({ runs }: ContenderRecord): number {
  return Math.max(...runs.map((run) => run.peakBytes));
}

/** Judges what was measured by the goals, without any tolerance. */
export function judge(goals: Goals, contenders: readonly ContenderRecord[]): readonly Verdict[] {
  const [ours] = contenders;
  const verdict = (goal: Verdict['goal'], limit: Limit | undefined, measured: number | undefined) =>
    limit === undefined || measured === undefined
      ? []
      : [{ goal, measured, limit, isMet: measured <= limit.most }];
  const memory =
    goals.peakBytes === undefined
      ? undefined
      : { most: goals.peakBytes, text: `${goals.peakBytes / mebibyte} MiB` };
  return [
    ...verdict('time', goals.time, timeRatio(contenders, goals)),
    ...verdict('size', goals.size, outputRatio(contenders, 'sizeBytes')),
    ...verdict('allocated', goals.allocated, outputRatio(contenders, 'allocatedBytes')),
    ...verdict('memory', memory, ours && peakBytes(ours)),
  ];
}

import { spreadOf } from '../../src/bench/statistics.js';
import { bytesText } from '../../src/cli/quantities.js';
import type { Goals, Verdict } from '../record/goals.js';
import { outputRatio, peakBytes, timeRatio } from '../record/goals.js';
import type { BenchmarkRecord, ContenderRecord, MeasuredScenario, ScenarioRecord } from '../record/record.js';

/** Such as "1.23 s" and "41.5 ms". */
export function timeText(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(1)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

/** In three digits; near 1 in five, where a ten-thousandth decides about a goal. */
export function ratioText(ratio: number): string {
  return Math.abs(ratio - 1) < 0.05 ? ratio.toFixed(4) : ratio.toPrecision(3);
}

export function memoryText(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

const goalNames = {
  time: 'time',
  size: 'size',
  allocated: 'room on the disk',
  memory: 'peak memory',
} as const;

export function goalName({ goal }: Pick<Verdict, 'goal'>): string {
  return goalNames[goal];
}

export function measuredText({ goal, measured }: Verdict): string {
  return goal === 'memory' ? memoryText(measured) : ratioText(measured);
}

/** Such as "time 0.21, goal ≤ 1/6: not met". */
export function verdictText(verdict: Verdict): string {
  const { limit, isMet } = verdict;
  return `${goalName(verdict)} ${measuredText(verdict)}, goal ≤ ${limit.text}: ${isMet ? 'met' : 'not met'}`;
}

/** All goals of a scenario before it is measured. */
export function goalsText({ time, timeOnTop, size, allocated, peakBytes: memory }: Goals): string {
  const parts = [
    time && `time ≤ ${time.text}${timeOnTop === undefined ? '' : ' plus that of the third contender'}`,
    size && `size ≤ ${size.text}`,
    allocated && `room on the disk ≤ ${allocated.text}`,
    memory && `peak memory ≤ ${memoryText(memory)}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** One contender as text, cell by cell: {@link contenderHeads} are the heads. */
export function contenderCells(contender: ContenderRecord): readonly string[] {
  const { lowest, median, highest } = spreadOf(contender.runs.map(({ wallMs }) => wallMs));
  const { output } = contender;
  return [
    contender.name,
    timeText(median),
    `${timeText(lowest)} to ${timeText(highest)}`,
    timeText(spreadOf(contender.runs.map(({ cpuMs }) => cpuMs)).median),
    memoryText(peakBytes(contender)),
    output === undefined ? '' : bytesText(output.sizeBytes),
    output === undefined ? '' : bytesText(output.allocatedBytes),
  ];
}

export const contenderHeads = [
  'contender',
  'time',
  'lowest to highest',
  'CPU time',
  'peak memory',
  'output',
  'on the disk',
] as const;

export const summaryHeads = [
  'scenario',
  'against',
  'time',
  'goal',
  'size',
  'goal',
  'memory',
  'goals',
] as const;

/** Such as "met" and "not met: time, size". */
function outcomeText(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return 'none';
  const missed = verdicts.filter(({ isMet }) => !isMet).map(goalName);
  return missed.length === 0 ? 'met' : `not met: ${missed.join(', ')}`;
}

function measuredCells(scenario: MeasuredScenario): readonly string[] {
  const { contenders, goals, verdicts } = scenario;
  const size = outputRatio(contenders, 'sizeBytes');
  const [ours, rival] = contenders;
  return [
    rival?.name ?? '',
    ratioText(timeRatio(contenders, goals)),
    goals.time === undefined ? '' : `≤ ${goals.time.text}`,
    size === undefined ? '' : ratioText(size),
    goals.size === undefined ? '' : `≤ ${goals.size.text}`,
    ours === undefined ? '' : memoryText(peakBytes(ours)),
    outcomeText(verdicts),
  ];
}

/** One scenario as a row: ours as a share of the rival's. */
export function summaryCells(scenario: ScenarioRecord): readonly string[] {
  if (scenario.outcome === 'measured') return [scenario.name, ...measuredCells(scenario)];
  const { time, size } = scenario.goals;
  const goal = (limit: typeof time) => (limit === undefined ? '' : `≤ ${limit.text}`);
  const outcome =
    scenario.outcome === 'failed' ? `FAILED: ${scenario.reason}` : `not available: ${scenario.reason}`;
  return [scenario.name, '', '', goal(time), '', goal(size), '', outcome];
}

/** How to read the numbers, sentence by sentence. */
export function methodSentences({ rounds, isQuick }: BenchmarkRecord): readonly string[] {
  return [
    `Whole processes, from start to end. In each of ${rounds} rounds every contender runs once, in turn; the median counts.`,
    'What is over in a moment runs several times a round, in more rounds.',
    'A round before them is not counted. What has not reached the disk is written there before each run, untimed.',
    'All of them leave it to the system to bring the result to the disk; omiforge would wait for that with --sync.',
    'CPU time is that of all processes and threads; peak memory that of the largest process, in any of the rounds.',
    'Ratios are ours to the rival: below 1 is less time, or a smaller output. Goals are judged without tolerance.',
    'After the last round our result is proved with gzip, qemu-img and cmp; a wrong one is a failure.',
    ...(isQuick
      ? ['A quick run: the inputs are too small for the goals, which are for a disk with 1 GB of data.']
      : []),
  ];
}

/** Machine and programs as pairs of name and value. */
export function machineFactsText({
  machine,
  startedAt,
}: BenchmarkRecord): readonly (readonly [string, string])[] {
  const { processor, cores, memoryBytes, kernel, fileSystem, loadBefore, versions } = machine;
  return [
    ['date', `${startedAt.slice(0, 16).replace('T', ' ')} UTC`],
    ['processor', `${processor}, ${cores} ${cores === 1 ? 'core' : 'cores'}`],
    ['memory', bytesText(memoryBytes)],
    ['kernel', kernel],
    ['file system', fileSystem],
    ['load before', loadBefore.toFixed(2)],
    ...Object.entries(versions),
  ];
}

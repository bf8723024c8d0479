import { element, label, picture } from '../../src/cli/bench-report/svg.js';
import { timeRatio } from '../record/goals.js';
import type { MeasuredScenario } from '../record/record.js';

const width = 860;
const rowHeight = 34;
const headHeight = 30;
const axis = { left: 330, right: 790 } as const;

/** Powers of two that hold all the values, one on each side at least, and no more than the eye can use. */
export function powersAround(values: readonly number[]): {
  readonly lowest: number;
  readonly highest: number;
} {
  const powers = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log2);
  return {
    lowest: Math.max(-5, Math.min(-1, ...powers.map(Math.floor))),
    highest: Math.min(7, Math.max(1, ...powers.map(Math.ceil))),
  };
}

/** Such as "6.2×" and "0.55×". */
export function timesText(speed: number): string {
  if (!Number.isFinite(speed)) return 'beyond';
  return `${speed.toFixed(speed < 1 ? 2 : 1)}×`;
}

function timesMark(power: number): string {
  return power < 0 ? `1/${2 ** -power}×` : `${2 ** power}×`;
}

interface Row {
  readonly name: string;
  readonly rival: string;
  readonly speed: number;
  readonly goal: number | undefined;
  readonly isMet: boolean | undefined;
}

function rowOf({ name, contenders, goals, verdicts }: MeasuredScenario): Row {
  return {
    name,
    rival: contenders[1]?.name ?? '',
    speed: 1 / timeRatio(contenders, goals),
    goal: goals.time && 1 / goals.time.most,
    isMet: verdicts.find(({ goal }) => goal === 'time')?.isMet,
  };
}

function drawRow(
  { name, rival, speed, goal, isMet }: Row,
  top: number,
  at: (times: number) => number,
): string {
  const [start, end] = [Math.min(at(1), at(speed)), Math.max(at(1), at(speed))];
  const kind = isMet === undefined ? 'bar plain' : isMet ? 'bar met' : 'bar missed';
  const mark = goal && { x1: at(goal), x2: at(goal), y1: top + 2, y2: top + 28, class: 'goal' };
  return [
    label(name, { x: 0, y: top + 14 }),
    label(`against ${rival}`, { x: 0, y: top + 27, kind: 'small' }),
    element('rect', {
      x: start,
      y: top + 6,
      width: Math.max(1, end - start),
      height: 18,
      rx: 2,
      class: kind,
    }),
    label(timesText(speed), { x: width, y: top + 20, align: 'end', kind: 'value' }),
    ...(mark ? [element('line', mark)] : []),
  ].join('');
}

/**
 * How many times as fast ours is as its rival, on a scale where twice as fast is as far to the right as half as fast is to
 * the left; a mark says where the goal is.
 */
export function speedChart(scenarios: readonly MeasuredScenario[]): string {
  const rows = scenarios.map(rowOf);
  const { lowest, highest } = powersAround(rows.flatMap(({ speed, goal }) => [speed, goal ?? 1]));
  const at = (times: number) => {
    const share = (Math.min(highest, Math.max(lowest, Math.log2(times))) - lowest) / (highest - lowest);
    return axis.left + share * (axis.right - axis.left);
  };
  const height = headHeight + rows.length * rowHeight + 6;
  const grid = Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index).flatMap((power) => {
    const x = at(2 ** power);
    const kind = power === 0 ? 'axis' : 'grid';
    return [
      element('line', { x1: x, x2: x, y1: headHeight - 6, y2: height - 6, class: kind }),
      label(timesMark(power), { x, y: 16, align: 'middle', kind: 'small' }),
    ];
  });
  const bars = rows.map((row, index) => drawRow(row, headHeight + index * rowHeight, at));
  const speeds = rows.map(({ name, speed }) => `${name} ${timesText(speed)}`).join(', ');
  const description = `How many times as fast omiforge is: ${speeds}`;
  return picture({ width, height, description }, [...grid, ...bars]);
}

import { median, type Spread, spreadOf } from '../../src/bench/statistics.js';
import { element, label, picture } from '../../src/cli/bench-report/svg.js';
import type { MeasuredScenario } from '../record/record.js';
import { timeText } from './wording.js';

const width = 860;
const rowHeight = 30;
const axis = { left: 260, right: 740 } as const;

/** The time that meets the goal; undefined where there is none. */
export function goalTimeMs({ goals, contenders }: MeasuredScenario): number | undefined {
  if (goals.time === undefined) return undefined;
  const wallMs = (index: number) => median(contenders[index]?.runs.map((run) => run.wallMs) ?? []);
  return goals.time.most * wallMs(1) + (goals.timeOnTop === undefined ? 0 : wallMs(2));
}

type Row = Spread & { readonly name: string; readonly isOurs: boolean };

function drawRow(row: Row, top: number, at: (milliseconds: number) => number): string {
  const middle = top + 11;
  const [from, to] = [at(row.lowest).toFixed(1), at(row.highest).toFixed(1)];
  const size = { width: at(row.median) - axis.left, height: 22 };
  const ends = `M${from} ${middle - 4}v8M${to} ${middle - 4}v8`;
  return [
    label(row.name, { x: axis.left - 10, y: middle + 4, align: 'end' }),
    element('rect', { x: axis.left, y: top, ...size, rx: 2, class: row.isOurs ? 'bar ours' : 'bar plain' }),
    element('path', { d: `M${from} ${middle}H${to}${ends}`, class: 'whisker' }),
    label(timeText(row.median), { x: width, y: middle + 4, align: 'end', kind: 'value' }),
  ].join('');
}

/** A bar for each contender's median, a line from its lowest to its highest time, and a mark for the goal. */
export function timeChart(scenario: MeasuredScenario): string {
  const goalMs = goalTimeMs(scenario);
  const rows = scenario.contenders.map(({ name, runs }, index) => ({
    name,
    isOurs: index === 0,
    ...spreadOf(runs.map(({ wallMs }) => wallMs)),
  }));
  const longestMs = Math.max(...rows.map(({ highest }) => highest), goalMs ?? 0);
  const at = (milliseconds: number) => axis.left + (milliseconds / longestMs) * (axis.right - axis.left);
  const bars = rows.map((row, index) => drawRow(row, index * rowHeight + 4, at));
  const goal =
    goalMs === undefined
      ? []
      : [element('line', { x1: at(goalMs), x2: at(goalMs), y1: 0, y2: rowHeight, class: 'goal' })];
  const description = `${scenario.name}: ${rows.map((row) => `${row.name} ${timeText(row.median)}`).join(', ')}`;
  return picture({ width, height: rows.length * rowHeight + 2, description }, [...bars, ...goal]);
}

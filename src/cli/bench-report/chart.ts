import type { BenchResult, MeasuredSetting } from '../../bench/options.js';
import { rateText } from '../quantities.js';
import { element, label, picture } from './svg.js';

const width = 860;
const height = 520;
const plot = { left: 70, right: 840, top: 16, bottom: 460 } as const;
const dotRadius = 9;

interface Point {
  readonly setting: MeasuredSetting;
  readonly x: number;
  readonly y: number;
}

interface Scale {
  readonly at: (value: number) => number;
  readonly marks: readonly number[];
}

/** A scale on which a step is a factor; its marks are 1, 2 and 5 with powers of ten. */
function logScale(values: readonly number[], from: number, to: number): Scale {
  const [least, most] = [Math.min(...values) / 1.15, Math.max(...values) * 1.15];
  const share = (value: number) => Math.log(value / least) / Math.log(most / least);
  const marks = [0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6].flatMap((power) => [power, 2 * power, 5 * power]);
  return {
    at: (value) => from + share(value) * (to - from),
    marks: marks.filter((mark) => mark >= least && mark <= most),
  };
}

/** Steps for an axis from the least to the most of the values, with a little room, that are round numbers. */
function linearScale(values: readonly number[], from: number, to: number): Scale {
  const room = Math.max(0.005, (Math.max(...values) - Math.min(...values)) * 0.08);
  const [least, most] = [Math.min(...values) - room, Math.max(...values) + room];
  const step = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2].find((each) => (most - least) / each <= 8) ?? 0.5;
  const first = Math.ceil(least / step);
  const count = Math.max(0, Math.floor(most / step) - first + 1);
  return {
    at: (value) => from + ((value - least) / (most - least)) * (to - from),
    marks: Array.from({ length: count }, (_, index) => (first + index) * step),
  };
}

const mebibyte = 2 ** 20;

/** The speed of a setting with the most threads. */
function speedOf({ runs }: MeasuredSetting): number {
  return (runs.at(-1)?.bytesPerSecond ?? 0) / mebibyte;
}

function axes(across: Scale, up: Scale, threads: number): string[] {
  const columns = across.marks.flatMap((mark) => {
    const x = across.at(mark);
    return [
      element('line', { x1: x, x2: x, y1: plot.top, y2: plot.bottom, class: 'grid' }),
      label(`${mark}`, { x, y: plot.bottom + 18, align: 'middle', kind: 'small' }),
    ];
  });
  const rows = up.marks.flatMap((mark) => {
    const y = up.at(mark);
    return [
      element('line', { x1: plot.left, x2: plot.right, y1: y, y2: y, class: 'grid' }),
      label(mark.toFixed(3), { x: plot.left - 8, y: y + 4, align: 'end', kind: 'small' }),
    ];
  });
  const name = `MiB of data per second, ${threads} ${threads === 1 ? 'thread' : 'threads'} (faster →)`;
  return [
    ...columns,
    ...rows,
    label(name, { x: plot.right, y: plot.bottom + 40, align: 'end' }),
    label('size / data (smaller ↓)', { x: plot.left + 8, y: plot.top + 14 }),
  ];
}

function dot({ setting, x, y }: Point): string {
  const { compression, ratio, runs, isOnFront } = setting;
  const speed = rateText(runs.at(-1)?.bytesPerSecond ?? 0, 1000);
  const kind = `dot ${compression.engine}${isOnFront ? ' best' : ''}`;
  return element(
    'g',
    { class: kind },
    element('title', {}, `${compression.engine} ${compression.level}: ${speed}, ${ratio.toFixed(3)}`),
    element('circle', { cx: x, cy: y, r: dotRadius }),
    label(`${compression.level}`, { x, y: y + 4, align: 'middle', kind: 'number' }),
  );
}

/**
 * Throughput with the most threads against size, a dot for each setting with the engine's level in it, and a line
 * through those that nothing beats. What only stores is left out: all others would be in a corner.
 */
export function benchChart({ settings, threads }: BenchResult): string {
  const drawn = settings.filter(({ compression }) => compression.level > 0);
  const across = logScale(drawn.map(speedOf), plot.left, plot.right);
  const up = linearScale(
    drawn.map(({ ratio }) => ratio),
    plot.bottom,
    plot.top,
  );
  const points = drawn.map((setting) => ({
    setting,
    x: across.at(speedOf(setting)),
    y: up.at(setting.ratio),
  }));
  const front = points.filter(({ setting }) => setting.isOnFront).toSorted((a, b) => a.x - b.x);
  const path = front.map(({ x, y }) => `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`).join(' ');
  // Those on the front are drawn over the others.
  const dots = points.toSorted((a, b) => Number(a.setting.isOnFront) - Number(b.setting.isOnFront));
  const names = front.map(({ setting: { compression } }) => `${compression.engine} ${compression.level}`);
  const description = `Throughput against size; from dense to fast nothing beats ${names.join(', ')}`;
  return picture({ width, height, description }, [
    ...axes(across, up, threads.at(-1) ?? 1),
    element('polyline', { points: path, class: 'front' }),
    ...dots.map(dot),
  ]);
}

import test from 'ava';
import { atMost } from '../../bench/record/goals.js';
import type { MeasuredScenario } from '../../bench/record/record.js';
import { resultsMarkdown } from '../../bench/report/markdown.js';
import { reportPage } from '../../bench/report/page.js';
import { powersAround, speedChart, timesText } from '../../bench/report/speed-chart.js';
import { scenarioTable, summaryTable } from '../../bench/report/table.js';
import { goalTimeMs, timeChart } from '../../bench/report/time-chart.js';
import { ratioText, timeText } from '../../bench/report/wording.js';
import { element, escapeText } from '../../src/cli/bench-report/svg.js';
import { contender, exampleRecord, measured } from './example-record.js';

const [fast, slow] = exampleRecord.scenarios as [MeasuredScenario, MeasuredScenario];

test('times have a unit that fits', (t) => {
  t.deepEqual([41.53, 999.94, 1234, 61_000].map(timeText), ['41.5 ms', '999.9 ms', '1.23 s', '61.00 s']);
});

test('a ratio that misses its limit by little does not look like the limit', (t) => {
  t.deepEqual([0.1358, 5.993, 1.0004, 0.9999, 12].map(ratioText), [
    '0.136',
    '5.99',
    '1.0004',
    '0.9999',
    '12.0',
  ]);
});

test('a scenario is a table of its contenders and a line for each goal', (t) => {
  t.deepEqual(scenarioTable(fast).split('\n'), [
    'fast one',
    '  contender            time  lowest to highest  CPU time  peak memory  output  on the disk',
    '  omiforge           1.10 s   1.00 s to 1.30 s    2.20 s       50 MiB   100 B  100 B',
    '  qemu-img, pigz -1  8.10 s   8.00 s to 8.80 s   16.20 s       50 MiB   100 B  100 B',
    '  time 0.136, goal ≤ 1/6: met',
    '  size 1.0000, goal ≤ 1.03: met',
    '  peak memory 50 MiB, goal ≤ 300 MiB: met',
  ]);
});

test('the summary has a line for each scenario, also for those that gave nothing', (t) => {
  t.deepEqual(summaryTable(exampleRecord).split('\n'), [
    'scenario    against             time   goal    size    goal  memory  goals',
    'fast one    qemu-img, pigz -1  0.136  ≤ 1/6  1.0000  ≤ 1.03  50 MiB  met',
    'slow one    qemu-img           0.800  ≤ 1/2  1.0000          50 MiB  not met: time',
    'no goal     qemu-img           0.500                         50 MiB  none',
    "new one                               ≤ 1/4                          not available: no 'convert -c'",
    'broken one                                                           FAILED: gzip -t failed: <crc>',
  ]);
});

test('what was left out of a run is named in its results', (t) => {
  t.false(resultsMarkdown(exampleRecord).includes('Left out'));
  t.true(
    resultsMarkdown(exampleRecord, ['a to b', 'c']).includes('\n\nLeft out of this run: a to b; c.\n\n'),
  );
});

test('RESULTS.md has the machine, the summary, and each measured scenario with its command lines', (t) => {
  const markdown = resultsMarkdown(exampleRecord);
  t.regex(markdown, /^# Results of the benchmark\n/);
  t.regex(markdown, /\| processor \| Example <CPU> & more, 2 cores \|/);
  t.regex(markdown, /\| qemu-img \| 7\.2\.22 \|/);
  t.regex(markdown, /\| slow one \| qemu-img \| 0\.800 \| ≤ 1\/2 \|/);
  t.regex(markdown, /### fast one\n\n\| contender \|/);
  t.regex(markdown, /\n\* time 0\.800, goal ≤ 1\/2: not met\n/);
  t.regex(markdown, /\nqemu-img, pigz -1 in out\n```/);
  t.notRegex(markdown, /### new one/);
  const widths = markdown.split('\n').filter((line) => line.startsWith('| ---'));
  t.true(widths.length >= 5);
});

test('the page needs nothing from anywhere, and has what was measured', (t) => {
  const page = reportPage(exampleRecord);
  t.notRegex(page, /<script|<link|<img|https?:|@import|url\(/);
  t.regex(page, /prefers-color-scheme: dark/);
  t.is(page.match(/<svg /g)?.length, 4);
  t.regex(page, /3 of 4 goals are met/);
  t.regex(page, /✗ time 0\.800, goal ≤ 1\/2: not met/);
  t.regex(page, /failed: gzip -t failed: &lt;crc&gt;/);
  t.regex(page, /Example &lt;CPU&gt; &amp; more/);
});

test('a page of a run in which nothing could be measured says so', (t) => {
  const scenarios = exampleRecord.scenarios.filter(({ outcome }) => outcome !== 'measured');
  t.regex(reportPage({ ...exampleRecord, scenarios }), /Nothing was measured\./);
});

test('every element that a chart opens it also closes, and no number is missing', (t) => {
  for (const chart of [speedChart([fast, slow]), timeChart(fast), timeChart(slow)]) {
    const open: string[] = [];
    for (const [, slash, name = '', self] of chart.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (slash) t.is(open.pop(), name);
      else if (!self) open.push(name);
    }
    t.deepEqual(open, []);
    t.notRegex(chart, /NaN|Infinity|undefined/);
  }
});

test('a time of next to nothing does not leave the chart', (t) => {
  const goals = { time: atMost('1.5'), timeOnTop: 'third contender' } as const;
  const contenders = [contender('huge', [10]), contender('small', [10]), contender('writing', [20])];
  t.notRegex(speedChart([measured('sparse', goals, contenders)]), /NaN|Infinity/);
});

test('the scale of speeds has whole powers of two, and 1 within', (t) => {
  t.deepEqual(powersAround([6.2, 3]), { lowest: -1, highest: 3 });
  t.deepEqual(powersAround([0.2, 0.9]), { lowest: -3, highest: 1 });
  t.deepEqual(powersAround([Number.POSITIVE_INFINITY, 1e-9, 1e9]), { lowest: -5, highest: 7 });
});

test('a speed is a number of times', (t) => {
  t.deepEqual([6.24, 0.553, 12].map(timesText), ['6.2×', '0.55×', '12.0×']);
});

test('the mark of a goal is where the time would meet it', (t) => {
  t.is(goalTimeMs(slow), 500);
  const goals = { time: atMost('1.5'), timeOnTop: 'third contender' } as const;
  const contenders = [contender('huge', [500]), contender('small', [200]), contender('writing', [100])];
  t.is(goalTimeMs(measured('sparse', goals, contenders)), 400);
  t.is(goalTimeMs(measured('none', {}, contenders)), undefined);
});

test('text cannot end an element or an attribute', (t) => {
  t.is(escapeText('<a href="x">&'), '&lt;a href=&quot;x&quot;&gt;&amp;');
  t.is(element('g', { class: 'a"b', x: 1.26 }, 'c'), '<g class="a&quot;b" x="1.3">c</g>');
});

import test from 'ava';
import { benchChart } from '../../../src/cli/bench-report/chart.js';
import { benchPage } from '../../../src/cli/bench-report/page.js';
import { benchText } from '../../../src/cli/bench-report/text.js';
import { exampleResult } from './example-result.js';

test('the table has a line for each setting, and what is best marked', (t) => {
  const lines = benchText(exampleResult).split('\n');
  t.is(lines[0], 'a <disk> & "more".raw: a sample of 128 MiB, from all over its 1 GiB of data');
  t.deepEqual(lines.slice(2, 7), [
    'engine      level  --level    1 thread   4 threads   ratio  memory, 1  memory, 4  best',
    'isal            2   1 to 2   400 MiB/s  1.56 GiB/s  0.4000     60 MiB          -  *',
    'libdeflate      6        6    80 MiB/s   320 MiB/s  0.3500     60 MiB          -  *',
    'zlib            0        0  1.95 GiB/s  7.81 GiB/s  1.0000     60 MiB          -',
    'zlib            6             30 MiB/s   120 MiB/s  0.3600     60 MiB          -',
  ]);
});

test('the advice: which level for which link, and what the default would take', (t) => {
  const lines = benchText(exampleResult).split('\n');
  const from = lines.findIndex((line) => line.startsWith('link'));
  // 1 GiB at 0.35 over 50 Mbit/s; at 0.4 over 10 Gbit/s.
  t.deepEqual(lines.slice(from), [
    'link            take  done in  compressing  uploading     size  --level 6',
    '50 Mbit/s  --level 6       1m         3.2s         1m  358 MiB  1m',
    '10 Gbit/s  --level 1     0.6s         0.6s       0.3s  410 MiB  3.2s',
  ]);
});

test('what was measured without an image is said', (t) => {
  const subject = { ...exampleResult.subject, name: '70 files of /usr', isImage: false };
  const text = benchText({ ...exampleResult, subject });
  t.regex(text, /^no image was named: measured on 70 files of \/usr of this machine, 128 MiB in all\n/);
  t.regex(text, /\nFor 1 GiB of such data, by way of example, with 4 threads/);
});

test('the chart has a dot for each setting that compresses, and a line through the best', (t) => {
  const chart = benchChart(exampleResult);
  t.is(chart.match(/<circle /g)?.length, 3);
  t.is(chart.match(/class="dot \w+ best"/g)?.length, 2);
  const [, points = ''] = /<polyline points="([^"]+)"/.exec(chart) ?? [];
  const [[denseX, denseY], [fastX, fastY]] = points
    .split(' ')
    .map((point) => point.split(',').map(Number)) as [[number, number], [number, number]];
  // Faster is to the right, smaller is below.
  t.true(denseX < fastX && denseY > fastY);
  t.notRegex(chart, /NaN|Infinity|undefined/);
});

test('the chart of what does not compress, or has but one setting, is one too', (t) => {
  for (const count of [1, 2, 4]) {
    const settings = exampleResult.settings.slice(0, count).map((setting) => ({ ...setting, ratio: 1.0003 }));
    const chart = benchChart({ ...exampleResult, settings });
    t.notRegex(chart, /NaN|Infinity|undefined/);
  }
});

test('the page needs nothing else, and shows names as they are', (t) => {
  const machine = { version: '1.2.3', processor: 'Example <CPU>', cores: 4, date: '2026-01-02T03:04:05Z' };
  const page = benchPage(exampleResult, machine);
  t.regex(page, /^<!doctype html>\n/);
  t.notRegex(page, /<script|<link|<img|src=|url\(|https?:/);
  t.true(page.includes('a &lt;disk&gt; &amp; &quot;more&quot;.raw'));
  t.true(page.includes('Example &lt;CPU&gt;'));
  t.regex(page, /<svg viewBox=/);
  t.regex(page, /prefers-color-scheme: dark/);
  t.regex(page, /--level 6<\/td>/);
  t.notRegex(page, /NaN|undefined|\[object/);
});

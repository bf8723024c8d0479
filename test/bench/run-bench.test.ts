import { readdir } from 'node:fs/promises';
import test from 'ava';
import { runBench } from '../../src/bench/bench.js';
import type { BenchProgress } from '../../src/bench/options.js';
import { convert } from '../../src/index.js';
import { compressions } from '../helpers/compressions.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, prose } from '../helpers/images.js';
import { removeGzipIndex } from '../helpers/without-gzip-index.js';

// As little as can be: what is looked at is never how fast it is.
const little = { seconds: 0.001, threads: [2, 1, 2] };
const islands = [
  { offsetBytes: 0, bytes: prose(100_000) },
  { offsetBytes: 9_000_000, bytes: prose(100_000, 3) },
];

test('every engine and level is measured with each number of threads', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeRaw(folder.at('disk.raw'), 20_000_256, islands);
  const { threads, settings, advice, subject } = await runBench(disk, {
    ...little,
    seconds: 0.2,
    bandwidthsBitsPerSecond: [1e3, 1e15],
  });
  t.deepEqual(threads, [1, 2]);
  t.deepEqual(
    settings.map(({ compression }) => compression),
    compressions as (typeof compressions)[number][],
  );
  for (const { runs, ratio, compression } of settings) {
    t.deepEqual(
      runs.map((run) => run.threads),
      [1, 2],
    );
    for (const { bytesPerSecond, slices, peakBytes = 1e7 } of runs) {
      t.true(bytesPerSecond > 0 && slices >= 1);
      t.true(peakBytes >= 1e7 && peakBytes < 1e9);
    }
    // prose() compresses about three to one.
    t.true(compression.level === 0 ? ratio > 0.99 : ratio < 0.6);
  }
  t.true(settings.some(({ isOnFront }) => isOnFront));
  t.deepEqual([subject.name, subject.isImage], [disk, true]);
  t.is(subject.contentBytes, 4 * 65_536);
  const [slow, fast] = advice;
  // At this bandwidth only the size counts, and level 0 has the largest.
  t.true((slow?.best.level ?? 0) > 0);
  t.is(slow?.forecasts.length, fast?.forecasts.length);
});

test('an image within gzip is inflated first, and its spill is gone afterwards', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeRaw(folder.at('disk.raw'), 20_000_256, islands);
  await convert(disk, folder.at('disk.qcow2.gz'));
  await removeGzipIndex(folder.at('disk.qcow2.gz'));
  const phases = new Set<string>();
  const onProgress = ({ phase }: BenchProgress) => phases.add(phase);
  await runBench(folder.at('disk.qcow2.gz'), { ...little, onProgress });
  t.deepEqual([...phases], ['inflating', 'sampling', 'memory', 'measuring']);
});

test('an image without data is refused', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeRaw(folder.at('disk.raw'), 1 << 20);
  await t.throwsAsync(runBench(disk, little), { code: 'ARGUMENT_INVALID', message: /no data/ });
  await t.throwsAsync(runBench(folder.at('none.raw'), little), { code: 'IO_NOT_FOUND' });
});

for (const phase of ['sampling', 'memory', 'measuring']) {
  test(`stopped while it is at ${phase} it ends with the reason`, async (t) => {
    await using folder = await makeFolder();
    const disk = await makeRaw(folder.at('disk.raw'), 20_000_256, islands);
    const controller = new AbortController();
    const onProgress = (progress: BenchProgress) => {
      if (progress.phase === phase) controller.abort(new Error('enough'));
    };
    const options = { seconds: 3600, threads: [1], signal: controller.signal, onProgress };
    await t.throwsAsync(runBench(disk, options), { message: 'enough' });
    t.deepEqual(await readdir(folder.path), ['disk.raw']);
  });
}

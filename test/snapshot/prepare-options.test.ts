import test from 'ava';
import { workloadFor } from '../../src/snapshot/prepare-options.js';

test('how many disks are worked on at one time', (t) => {
  t.deepEqual(
    [1, 2, 4, 64].map((threads) => workloadFor(threads, undefined).disks),
    [2, 2, 4, 4],
  );
  const mebibyte = 2 ** 20;
  t.deepEqual(
    [1, 140, 184, 185, 230, 1024].map((size) => workloadFor(2, size * mebibyte).disks),
    [1, 1, 1, 2, 2, 2],
  );
});

test('under a ceiling threads come first, and there is always one', (t) => {
  const mebibyte = 2 ** 20;
  const fitting = (size: number) => workloadFor(16, size * mebibyte);
  t.deepEqual([1, 125, 140, 230, 350, 395, 1024].map(fitting), [
    { threads: 1, disks: 1 },
    { threads: 1, disks: 1 },
    { threads: 2, disks: 1 },
    { threads: 8, disks: 1 },
    { threads: 16, disks: 1 },
    { threads: 16, disks: 2 },
    { threads: 16, disks: 4 },
  ]);
});

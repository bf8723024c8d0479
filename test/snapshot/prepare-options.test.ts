import test from 'ava';
import { disksAtOnce } from '../../src/snapshot/prepare-options.js';

test('how many disks are worked on at one time', (t) => {
  t.deepEqual(
    [1, 2, 4, 64].map((threads) => disksAtOnce(threads, undefined)),
    [2, 2, 4, 4],
  );
  const mebibyte = 2 ** 20;
  t.deepEqual(
    [1, 140, 184, 185, 230, 1024].map((size) => disksAtOnce(8, size * mebibyte)),
    [1, 1, 1, 2, 3, 4],
  );
});

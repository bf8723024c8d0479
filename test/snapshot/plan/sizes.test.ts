import test from 'ava';
import { parseSize, roundUp } from '../../../src/snapshot/plan/sizes.js';

test('sizes as people write them', (t) => {
  t.deepEqual(['1GiB', '1G', '1g', '512M', '64 KiB', '4096', '512B', '2TiB', '1GB'].map(parseSize), [
    2 ** 30,
    2 ** 30,
    2 ** 30,
    2 ** 29,
    2 ** 16,
    4096,
    512,
    2 ** 41,
    2 ** 30,
  ]);
  for (const text of [
    '',
    '0',
    '1000',
    '511',
    '-1G',
    '1.5G',
    'G',
    '1P',
    '1GiBB',
    '9999999999',
    '999999999T',
  ]) {
    t.is(parseSize(text), undefined, text);
  }
});

test('rounding up', (t) => {
  t.deepEqual(
    [0, 1, 512, 513].map((size) => roundUp(size, 512)),
    [0, 512, 512, 1024],
  );
});

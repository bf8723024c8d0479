import test from 'ava';
import fc from 'fast-check';
import { checkPadding, hasPadding, paddedSize } from '../../src/image/padding.js';

const GiB = 2 ** 30;
const most = Number.MAX_SAFE_INTEGER;
const invalid = { code: 'ARGUMENT_INVALID' } as object;

test('a size to pad to is at least that of the disk, in whole sectors', (t) => {
  t.is(paddedSize(1000, {}), 1000);
  t.is(paddedSize(1000, { virtualSizeBytes: 1024 }), 1024);
  t.is(paddedSize(1024, { virtualSizeBytes: 1024 }), 1024);
  t.is(paddedSize(1, { virtualSizeBytes: 10 * GiB }), 10 * GiB);
  t.throws(() => paddedSize(1025, { virtualSizeBytes: 1024 }), {
    ...invalid,
    message: /^is a disk of 1536 bytes, which is not cut to 1024; choose /,
  });
});

test('the next multiple holds the disk, and the one before does not', (t) => {
  const cases = fc.tuple(fc.integer({ min: 1, max: 2 ** 45 }), fc.integer({ min: 1, max: 2 ** 30 }));
  fc.assert(
    fc.property(cases, ([sizeBytes, sectors]) => {
      const virtualSizeMultipleBytes = sectors * 512;
      const size = paddedSize(sizeBytes, { virtualSizeMultipleBytes });
      t.is(size % virtualSizeMultipleBytes, 0);
      t.true(size >= sizeBytes && size - virtualSizeMultipleBytes < sizeBytes);
    }),
  );
  t.is(paddedSize(GiB, { virtualSizeMultipleBytes: GiB }), GiB);
  t.is(paddedSize(GiB + 1, { virtualSizeMultipleBytes: GiB }), 2 * GiB);
  t.throws(() => paddedSize(2 ** 52 + 1, { virtualSizeMultipleBytes: 2 ** 52 }), {
    ...invalid,
    message: /no next multiple of 4503599627370496/,
  });
});

test('what no disk can have', (t) => {
  for (const value of [0, -512, 1, 511, 1000, 512.5, Number.NaN, Number.POSITIVE_INFINITY, most, 2 ** 53]) {
    for (const padding of [{ virtualSizeBytes: value }, { virtualSizeMultipleBytes: value }]) {
      t.throws(() => checkPadding(padding), { ...invalid, message: /allowed are multiples of 512/ });
    }
  }
  t.throws(() => checkPadding({ virtualSizeBytes: 512, virtualSizeMultipleBytes: 512 }), {
    ...invalid,
    message: /leave out one of both/,
  });
  t.notThrows(() => checkPadding({ virtualSizeBytes: most - 511 }));
  t.notThrows(() => checkPadding({}));
});

test('whether there is any', (t) => {
  t.false(hasPadding({}));
  t.true(hasPadding({ virtualSizeBytes: 512 }));
  t.true(hasPadding({ virtualSizeMultipleBytes: 512 }));
});

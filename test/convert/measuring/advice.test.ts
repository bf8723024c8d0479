import test from 'ava';
import fc from 'fast-check';
import { forecast, soonest, type Transfer } from '../../../src/convert/measuring/advice.js';

const mebibyte = 2 ** 20;
const segmentBytes = 4 * mebibyte;

const anyLevels = fc
  .array(
    fc.record({
      bytesPerSecond: fc.double({ min: 1e5, max: 1e10, noNaN: true }),
      ratio: fc.double({ min: 0.001, max: 1.1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 13 },
  )
  .map((list) => list.map((each, level) => ({ ...each, level })));

const anyTransfer = fc.record<Transfer>({
  contentBytes: fc.integer({ min: 1, max: 2 ** 45 }),
  bandwidthBitsPerSecond: fc.double({ min: 1, max: 1e12, noNaN: true }),
  threads: fc.integer({ min: 1, max: 128 }),
  segmentBytes: fc.constant(segmentBytes),
});

test('a forecast, in numbers', (t) => {
  const level = { level: 6, bytesPerSecond: 100 * mebibyte, ratio: 0.25 };
  const image = { contentBytes: 1000 * mebibyte, threads: 2, segmentBytes };
  const slow = forecast(level, { ...image, bandwidthBitsPerSecond: 8 * mebibyte });
  t.is(slow.compressedBytes, 250 * mebibyte);
  t.is(slow.compressMs, 10_000);
  t.is(slow.uploadMs, 250_000);
  // One of two threads needs 80 ms for the first segment.
  t.is(Math.round(slow.totalMs), 250_080);
  const fast = forecast(level, { ...image, bandwidthBitsPerSecond: 800 * mebibyte });
  t.is(fast.uploadMs, 2_500);
  // The last segment is 1 MiB.
  t.is(Math.round(fast.totalMs), 10_010);
});

test('nothing is done before the slower of both, nor later than one after the other', (t) => {
  fc.assert(
    fc.property(anyLevels, anyTransfer, (levels, transfer) => {
      for (const level of levels) {
        const { totalMs, compressMs, uploadMs } = forecast(level, transfer);
        t.true(totalMs >= Math.max(compressMs, uploadMs));
        t.true(totalMs <= (compressMs + uploadMs) * (1 + 1e-9));
      }
    }),
  );
});

test('no level is done sooner than the one that is advised', (t) => {
  fc.assert(
    fc.property(anyLevels, anyTransfer, (levels, transfer) => {
      const best = soonest(levels, transfer);
      t.true(levels.every((level) => forecast(level, transfer).totalMs >= best.totalMs));
      t.deepEqual(best, forecast(levels[best.level] as (typeof levels)[number], transfer));
    }),
  );
});

test('a faster link never takes longer', (t) => {
  fc.assert(
    fc.property(
      anyLevels,
      anyTransfer,
      fc.double({ min: 1, max: 1000, noNaN: true }),
      (levels, transfer, times) => {
        const faster = { ...transfer, bandwidthBitsPerSecond: transfer.bandwidthBitsPerSecond * times };
        t.true(soonest(levels, faster).totalMs <= soonest(levels, transfer).totalMs * (1 + 1e-9));
      },
    ),
  );
});

test('a very slow link wants the smallest, a very fast one the fastest', (t) => {
  fc.assert(
    fc.property(anyLevels, (levels) => {
      const image = { contentBytes: 2 ** 34, threads: 4, segmentBytes };
      const slow = soonest(levels, { ...image, bandwidthBitsPerSecond: 1e-6 });
      const smallest = Math.min(...levels.map(({ ratio }) => ratio));
      t.true(slow.compressedBytes <= 2 ** 34 * smallest * (1 + 1e-6));
      const fast = soonest(levels, { ...image, bandwidthBitsPerSecond: 1e18 });
      const fastest = Math.max(...levels.map(({ bytesPerSecond }) => bytesPerSecond));
      t.true(fast.compressMs <= (2 ** 34 / fastest) * 1000 * (1 + 1e-6));
    }),
  );
});

test('of two that take the same time the smaller is advised', (t) => {
  const levels = [
    { level: 1, bytesPerSecond: mebibyte, ratio: 0.5 },
    { level: 2, bytesPerSecond: mebibyte, ratio: 0.4 },
  ];
  const transfer = { contentBytes: 2 ** 30, bandwidthBitsPerSecond: 1e30, threads: 1, segmentBytes };
  t.is(soonest(levels, transfer).level, 2);
});

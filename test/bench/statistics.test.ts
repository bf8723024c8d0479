import test from 'ava';
import fc from 'fast-check';
import { median, spreadOf } from '../../src/bench/statistics.js';

test('the median is the middle value, or the mean of the two in the middle', (t) => {
  t.is(median([3, 1, 2]), 2);
  t.is(median([10, 1, 3, 2]), 2.5);
  t.is(median([7]), 7);
  t.is(median([]), Number.NaN);
});

test('numbers are ordered as numbers, not as text', (t) => {
  t.is(median([100, 9, 20]), 20);
});

test('half of the values are not above the median, and half not below', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 }), (values) => {
      const middle = median(values);
      const share = (holds: (value: number) => boolean) => values.filter(holds).length / values.length;
      t.true(share((value) => value <= middle) >= 0.5);
      t.true(share((value) => value >= middle) >= 0.5);
    }),
  );
});

test('a spread has the lowest and the highest value around the median', (t) => {
  t.deepEqual(spreadOf([5, 1, 4]), { lowest: 1, median: 4, highest: 5 });
});

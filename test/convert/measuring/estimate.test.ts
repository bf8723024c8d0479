import test from 'ava';
import fc from 'fast-check';
import { estimateSizes, strewn, sumOf } from '../../../src/convert/measuring/estimate.js';

test('what was measured counts, and the others are scaled as these are', (t) => {
  t.deepEqual(
    estimateSizes(
      [100, 200, 50],
      new Map([
        [0, 90],
        [2, 45],
      ]),
    ),
    [90, 180, 45],
  );
});

test('with all pieces measured nothing is estimated; a level that is the same share of each is found from any piece', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 40 }),
      fc.double({ min: 0.1, max: 2, noNaN: true }),
      fc.nat(),
      (similar, share, any) => {
        const sizes = similar.map((size) => size * share);
        t.deepEqual(estimateSizes(similar, new Map(sizes.entries())), sizes);
        const index = any % similar.length;
        const estimated = estimateSizes(similar, new Map([[index, sizes[index] ?? 0]]));
        t.true(Math.abs(sumOf(estimated) / sumOf(sizes) - 1) < 1e-9);
      },
    ),
  );
});

test('items are strewn: all are there, and those of any beginning are spread over the whole', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.nat(), (count, any) => {
      const items = Array.from({ length: count }, (_, index) => index);
      const order = strewn(items);
      t.deepEqual(
        order.toSorted((a, b) => a - b),
        items,
      );
      const beginning = order.slice(0, 1 + (any % Math.max(1, count))).toSorted((a, b) => a - b);
      if (count < 20 || beginning.length < 4) return;
      // No gap is as long as half of all.
      t.true([...beginning, count].every((item, index) => item - (beginning[index - 1] ?? 0) <= count / 2));
    }),
  );
});

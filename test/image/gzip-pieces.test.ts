import test from 'ava';
import fc from 'fast-check';
import { unreadPieces } from '../../src/image/gzip-pieces.js';
import type { Extent } from '../../src/native/boundary.js';

const piecesArbitrary = fc
  .array(fc.record({ lengthBytes: fc.integer({ min: 1, max: 9 }), isZeros: fc.boolean() }), { maxLength: 60 })
  .map((list) => {
    let startBytes = 0;
    return list.map((piece) => {
      const placed = { ...piece, startBytes };
      startBytes += piece.lengthBytes;
      return placed;
    });
  });

const extentArbitrary: fc.Arbitrary<Extent> = fc.record(
  {
    startBytes: fc.nat({ max: 300 }),
    lengthBytes: fc.integer({ min: 1, max: 100 }),
    kind: fc.constantFrom('data', 'compressed', 'zero', 'unallocated'),
    hostOffsetBytes: fc.nat({ max: 300 }),
    isHole: fc.constant(true),
  },
  { requiredKeys: ['startBytes', 'lengthBytes', 'kind'] },
);

test('every piece is proved once, unless an extent of data has its last byte, which nobody reads before it is proved', (t) => {
  fc.assert(
    fc.property(piecesArbitrary, fc.array(extentArbitrary, { maxLength: 12 }), (pieces, extents) => {
      const runs = unreadPieces(pieces, extents);
      const proved = runs.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i));
      const expected = pieces.flatMap(({ startBytes, lengthBytes, isZeros }, index) => {
        const isRead = extents.some(
          ({ kind, hostOffsetBytes: at, lengthBytes: extentBytes, isHole }) =>
            (kind === 'data' || kind === 'compressed') &&
            isHole !== true &&
            at !== undefined &&
            at < startBytes + lengthBytes &&
            startBytes + lengthBytes <= at + extentBytes,
        );
        return isRead && !isZeros ? [] : [index];
      });
      t.deepEqual(proved, expected);
      t.true(runs.every(({ count }) => count > 0 && count <= 16));
    }),
  );
});

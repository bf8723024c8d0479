import test from 'ava';
import fc from 'fast-check';
import { spreadPieces } from '../../../src/convert/measuring/spread.js';
import type { Extent } from '../../../src/native/boundary.js';

const kinds = ['data', 'compressed', 'zero', 'unallocated'] as const;

const anyDisk = fc
  .array(fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: 1, max: 5_000_000 })), {
    minLength: 1,
    maxLength: 30,
  })
  .map((runs) => {
    const extents: Extent[] = [];
    let startBytes = 0;
    for (const [kind, lengthBytes] of runs) {
      extents.push({ startBytes, lengthBytes, kind });
      startBytes += lengthBytes;
    }
    return { extents, sizeBytes: startBytes };
  });

function isStored({ kind }: Extent): boolean {
  return kind === 'data' || kind === 'compressed';
}

function storedOf(extents: readonly Extent[]): number {
  return extents.filter(isStored).reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
}

test('pieces are whole, in order, each once, within the disk, and hold stored bytes', (t) => {
  fc.assert(
    fc.property(
      anyDisk,
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(65_536, 1 << 20),
      ({ extents, sizeBytes }, mostPieces, pieceBytes) => {
        const storedBytes = storedOf(extents);
        fc.pre(storedBytes > 0);
        const pieces = [...spreadPieces(extents, { sizeBytes, storedBytes, pieceBytes, mostPieces })];
        t.true(pieces.length >= 1 && pieces.length <= mostPieces);
        let behind = 0;
        for (const { startBytes, lengthBytes } of pieces) {
          t.is(startBytes % pieceBytes, 0);
          t.true(startBytes >= behind && lengthBytes > 0);
          behind = startBytes + lengthBytes;
          t.true(behind === startBytes + pieceBytes || behind === sizeBytes);
          const isWithin = (extent: Extent) =>
            isStored(extent) &&
            extent.startBytes < behind &&
            extent.startBytes + extent.lengthBytes > startBytes;
          t.true(extents.some(isWithin));
        }
        t.true(behind <= sizeBytes);
      },
    ),
  );
});

test('steps are even through what is stored, whatever lies between', (t) => {
  const extents: Extent[] = [
    { startBytes: 0, lengthBytes: 1000, kind: 'data' },
    { startBytes: 1000, lengthBytes: 1_000_000, kind: 'unallocated' },
    { startBytes: 1_001_000, lengthBytes: 3000, kind: 'compressed' },
  ];
  const spread = { sizeBytes: 1_004_000, storedBytes: 4000, pieceBytes: 100, mostPieces: 4 };
  t.deepEqual(
    [...spreadPieces(extents, spread)].map(({ startBytes }) => startBytes),
    [500, 1_001_500, 1_002_500, 1_003_500],
  );
});

import test from 'ava';
import fc from 'fast-check';
import { cutSegments } from '../../src/image/segments.js';
import type { Extent } from '../../src/native/boundary.js';

const kinds = ['data', 'compressed', 'zero', 'unallocated'] as const;

const extentsArbitrary = fc
  .array(fc.record({ kind: fc.constantFrom(...kinds), lengthBytes: fc.integer({ min: 1, max: 40 }) }), {
    maxLength: 20,
  })
  .map((runs) => {
    let startBytes = 0;
    return runs.map(({ kind, lengthBytes }): Extent => {
      const extent = { kind, startBytes, lengthBytes };
      startBytes += lengthBytes;
      return extent;
    });
  });

test('work covers the disk in order, reads every stored byte, and no segment that has none', (t) => {
  fc.assert(
    fc.property(extentsArbitrary, fc.integer({ min: 1, max: 16 }), (extents, segmentBytes) => {
      const sizeBytes = extents.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
      const isStored = Array.from({ length: sizeBytes }, () => false);
      for (const { kind, startBytes, lengthBytes } of extents) {
        if (kind === 'data' || kind === 'compressed')
          isStored.fill(true, startBytes, startBytes + lengthBytes);
      }
      let at = 0;
      let previous = '';
      for (const { kind, startBytes, lengthBytes } of cutSegments(sizeBytes, segmentBytes, extents)) {
        t.is(startBytes, at);
        t.true(lengthBytes > 0);
        t.is(startBytes % segmentBytes, 0);
        const stored = isStored.slice(startBytes, startBytes + lengthBytes).some((byte) => byte);
        t.is(stored, kind === 'segment');
        if (kind === 'segment') t.true(lengthBytes <= segmentBytes);
        else t.not(previous, 'zeros', 'runs of zeros are one');
        previous = kind;
        at += lengthBytes;
      }
      t.is(at, sizeBytes);
    }),
    { numRuns: 500 },
  );
});

test('a hole of a petabyte is one piece of work', (t) => {
  const petabyte = 2 ** 50;
  const work = [
    ...cutSegments(petabyte, 4096, [{ kind: 'unallocated', startBytes: 0, lengthBytes: petabyte }]),
  ];
  t.deepEqual(work, [{ kind: 'zeros', startBytes: 0, lengthBytes: petabyte }]);
});

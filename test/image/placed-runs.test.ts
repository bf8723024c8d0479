import test from 'ava';
import fc from 'fast-check';
import { bytesOf, cutRuns } from '../../src/image/placed-runs.js';

const runs = fc
  .array(fc.tuple(fc.nat(1_000_000), fc.integer({ min: 1, max: 600 }), fc.nat(1_000_000)), { maxLength: 12 })
  .map((list) => Float64Array.from(list.flat()));

/** For each byte of each run where it is and where it belongs. */
function bytesIn(list: Float64Array): string[] {
  const bytes: string[] = [];
  for (let at = 0; at < list.length; at += 3) {
    const [host = 0, lengthBytes = 0, guest = 0] = list.subarray(at, at + 3);
    for (let i = 0; i < lengthBytes; i += 1) bytes.push(`${host + i} to ${guest + i}`);
  }
  return bytes;
}

test('lists of cut runs hold the same bytes in the same order, none too many and none for nothing', (t) => {
  fc.assert(
    fc.property(runs, fc.integer({ min: 10, max: 900 }), (whole, mostBytes) => {
      const lists = [...cutRuns(whole, mostBytes)];
      t.deepEqual(lists.flatMap(bytesIn), bytesIn(whole));
      for (const list of lists) t.true(bytesOf(list) > 0 && bytesOf(list) <= mostBytes);
      t.is(bytesOf(whole), bytesIn(whole).length);
    }),
    { numRuns: 50 },
  );
});

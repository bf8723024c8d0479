import test from 'ava';
import fc from 'fast-check';
import prettyBytes from 'pretty-bytes';
import { bytesText } from '../../src/cli/quantities.js';

function expected(bytes: number): string {
  return prettyBytes(bytes, { binary: true, maximumFractionDigits: 2 });
}

test('bytes are told as pretty-bytes does it', (t) => {
  const assertSame = (bytes: number) => t.is(bytesText(bytes), expected(bytes), `${bytes}`);
  for (let power = 0; power <= 50; power += 1) [-1, 0, 1].map((more) => assertSame(2 ** power + more));
  // Up to 256 TiB, above which the last digit may be another.
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 }), (bytes) => bytesText(bytes) === expected(bytes)),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 21 }), (bytes) => bytesText(bytes) === expected(bytes)),
  );
});

test('no more is told than there is', (t) => {
  t.is(bytesText(2 ** 30 - 1), '1023.99 MiB');
  t.is(bytesText(2 ** 53 - 1), '7.99 PiB');
  t.is(bytesText(1_288_490_188), '1.19 GiB');
});

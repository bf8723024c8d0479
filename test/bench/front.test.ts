import test from 'ava';
import fc from 'fast-check';
import { frontOf } from '../../src/bench/front.js';

const anyQualities = fc.array(
  fc.record({ bytesPerSecond: fc.integer({ min: 1, max: 30 }), ratio: fc.integer({ min: 1, max: 30 }) }),
  { minLength: 1, maxLength: 40 },
);

test('the front is what nothing beats, and all else is beaten by something on it', (t) => {
  fc.assert(
    fc.property(anyQualities, (items) => {
      const front = frontOf(items);
      t.true(front.length > 0);
      for (const item of items) {
        const beaten = front.some(
          (other) =>
            other.bytesPerSecond >= item.bytesPerSecond &&
            other.ratio <= item.ratio &&
            (other.bytesPerSecond > item.bytesPerSecond || other.ratio < item.ratio),
        );
        t.is(front.includes(item), !beaten);
      }
    }),
  );
});

import test from 'ava';
import { giveBuffer, takeBuffer } from '../../src/workers/idle-buffers.js';

const mebibyte = 2 ** 20;

test.serial('a buffer is taken again by whoever wants that length, and by one at a time', (t) => {
  const first = takeBuffer(mebibyte);
  const other = takeBuffer(mebibyte);
  t.not(first.buffer, other.buffer);
  t.is(first.length, mebibyte);
  giveBuffer(first);
  giveBuffer(other);
  t.not(takeBuffer(2 * mebibyte).buffer, first.buffer);
  t.is(takeBuffer(mebibyte), other);
  t.is(takeBuffer(mebibyte), first);
  const fresh = takeBuffer(mebibyte);
  t.false(fresh === first || fresh === other);
});

test.serial('no more is kept than one conversion needs: the oldest goes', (t) => {
  const buffers = Array.from({ length: 9 }, () => takeBuffer(4 * mebibyte));
  for (const buffer of buffers) giveBuffer(buffer);
  const again = Array.from({ length: 9 }, () => takeBuffer(4 * mebibyte));
  t.deepEqual(
    buffers.filter((buffer) => !again.includes(buffer)),
    buffers.slice(0, 1),
  );
});

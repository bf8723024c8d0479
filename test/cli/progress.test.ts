import test from 'ava';
import { progressText } from '../../src/cli/progress.js';

const mebibyte = 1024 * 1024;

const converting = {
  phase: 'converting',
  doneBytes: 256 * mebibyte,
  totalBytes: 1024 * mebibyte,
  readBytes: 100 * mebibyte,
  writtenBytes: 40 * mebibyte,
};

test('phase, bar, part, bytes, rate, time left and ratio', (t) => {
  t.is(
    progressText(converting, { elapsedMs: 2000, columns: 120, showRatio: true }),
    'converting  ███░░░░░░░   25%  256 MiB of 1 GiB  50 MiB/s  6s left  ratio 0.40',
  );
});

test('it is never as long as the terminal is wide, and drops what matters least', (t) => {
  const slow = { ...converting, doneBytes: 123_456_789_012, totalBytes: 987_654_321_098_765 };
  for (let columns = 1; columns <= 120; columns += 1) {
    t.true(
      progressText(slow, { elapsedMs: 100_000_000, columns, showRatio: true }).length < columns,
      `${columns}`,
    );
  }
  t.notRegex(progressText(converting, { elapsedMs: 2000, columns: 70, showRatio: true }), /ratio/);
  t.regex(progressText(converting, { elapsedMs: 2000, columns: 70, showRatio: true }), /█/);
  t.is(
    progressText(converting, { elapsedMs: 2000, columns: 40, showRatio: true }),
    'converting   25%  50 MiB/s  6s left',
  );
  t.is(progressText(converting, { elapsedMs: 2000, columns: 20, showRatio: true }), 'converting   25%');
});

test('of a stream only the bytes are known', (t) => {
  const inflating = { phase: 'inflating', doneBytes: 3 * mebibyte, totalBytes: undefined };
  t.is(
    progressText(inflating, { elapsedMs: 1000, columns: 80, showRatio: true }),
    'inflating  3 MiB  3 MiB/s',
  );
});

test('there is no guess before there is something to guess from', (t) => {
  t.is(
    progressText(
      { ...converting, doneBytes: 0, readBytes: 0, writtenBytes: 0 },
      { elapsedMs: 10, columns: 80, showRatio: true },
    ),
    'converting  ░░░░░░░░░░    0%  0 B of 1 GiB',
  );
});

test('only converting has a ratio, and only where the target is compressed', (t) => {
  t.notRegex(progressText(converting, { elapsedMs: 2000, columns: 120, showRatio: false }), /ratio/);
  t.notRegex(
    progressText({ ...converting, phase: 'verifying' }, { elapsedMs: 2000, columns: 120, showRatio: true }),
    /ratio/,
  );
});

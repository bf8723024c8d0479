import test from 'ava';
import { printable } from '../src/printable.js';

test('what would move the cursor or break the line is shown as an escape', (t) => {
  t.is(printable('a\nb\rc\td'), 'a\\nb\\rc\\td');
  t.is(printable('\u001b[2J\u0007\u009b'), '\\x1b[2J\\x07\\x9b');
});

test('what would turn the direction of a line is shown as an escape', (t) => {
  t.is(printable('a\u202eb\u2066c\u200f'), 'a\\u202eb\\u2066c\\u200f');
});

test('everything else stays as it is', (t) => {
  const text = 'été/名前 (1).raw \\n';
  t.is(printable(text), text);
});

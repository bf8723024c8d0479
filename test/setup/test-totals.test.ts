import test from 'ava';
import { totalsLine, totalsOf } from '../../setup/test-totals.mjs';

const passed = `
  ✔ convert › raw to qcow2 (1.2s)
    ℹ a log line
  ✔ manifest › create
  ─

  2 tests passed
`;

test('a run that passed', (t) => {
  t.deepEqual(totalsOf(passed, 0), { passed: 2, failed: 0 });
});

test('colours, and a terminal without Unicode', (t) => {
  const output = '  \u001B[32m✔\u001B[39m one\n  √ two\n  \u001B[31m× [fail]:\u001B[39m three it failed\n';
  t.deepEqual(totalsOf(output, 1), { passed: 2, failed: 1 });
});

test('a failed test is counted once, though AVA prints it twice', (t) => {
  const output = '  ✔ a\n  ✘ [fail]: b Difference\n  ─\n\n  b\n\n  Difference\n\n  1 test failed\n';
  t.deepEqual(totalsOf(output, 1), { passed: 1, failed: 1 });
});

test('a failure that was expected is neither; one that did not come is a failure', (t) => {
  const output = '  ✔ a\n  ✔ [expected fail] b\n  ✘ [unexpected pass]: c\n  - [skip] d\n';
  t.deepEqual(totalsOf(output, 1), { passed: 1, failed: 1 });
});

test('a file that crashed, held no test or did not end', (t) => {
  const output = [
    '  ✔ a',
    '  ✘ test/a.test.ts exited with a non-zero exit code: 1',
    '  ✘ No tests found in test/b.test.ts',
    '  ✘ Timed out while running tests',
  ].join('\n');
  t.deepEqual(totalsOf(output, 1), { passed: 1, failed: 3 });
});

test('a run that ended badly has failed whatever it printed', (t) => {
  t.deepEqual(totalsOf(passed, 1), { passed: 2, failed: 1 });
  t.deepEqual(totalsOf(passed, null), { passed: 2, failed: 1 }, 'ended by a signal');
});

test('a run without a test has failed', (t) => {
  t.deepEqual(totalsOf('', 0), { passed: 0, failed: 1 });
});

test('the last line', (t) => {
  t.is(totalsLine({ passed: 12, failed: 0 }), '12 passed, 0 failed');
});

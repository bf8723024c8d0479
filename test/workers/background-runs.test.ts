import test from 'ava';
import { BackgroundRuns } from '../../src/workers/background-runs.js';

const turn = () => new Promise(setImmediate);

/** A run that ends when it is told to. */
function makeRun(begun: string[], name: string) {
  let end = () => {};
  let fail = (_: Error) => {};
  const promise = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  const run = () => {
    begun.push(name);
    return promise;
  };
  return { run, end, fail };
}

test('so many run at one time, and the next begins when one has ended', async (t) => {
  const begun: string[] = [];
  const runs = new BackgroundRuns(2);
  const [a, b, c] = [makeRun(begun, 'a'), makeRun(begun, 'b'), makeRun(begun, 'c')];
  await runs.start(a.run);
  await runs.start(b.run);
  const third = runs.start(c.run);
  await turn();
  t.deepEqual(begun, ['a', 'b']);
  b.end();
  await third;
  t.deepEqual(begun, ['a', 'b', 'c']);
  let isFinished = false;
  const finished = runs.finish().then(() => {
    isFinished = true;
  });
  a.end();
  await turn();
  t.false(isFinished);
  c.end();
  await finished;
});

test('after a failure nothing begins, and settling waits for the others without throwing', async (t) => {
  const begun: string[] = [];
  const runs = new BackgroundRuns(2);
  const [bad, slow, never] = [makeRun(begun, 'bad'), makeRun(begun, 'slow'), makeRun(begun, 'never')];
  await runs.start(bad.run);
  await runs.start(slow.run);
  const reason = new Error('disk');
  bad.fail(reason);
  t.is(await t.throwsAsync(runs.start(never.run)), reason);
  let isSettled = false;
  const settled = runs.settle().then(() => {
    isSettled = true;
  });
  await turn();
  t.false(isSettled);
  slow.end();
  await settled;
  t.deepEqual(begun, ['bad', 'slow']);
  t.is(await t.throwsAsync(runs.finish()), reason);
});

import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import { runInOrder } from '../../src/workers/run-in-order.js';

test('results come in order and never more than the limit run, whatever takes how long', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      async (delays, limit) => {
        let running = 0;
        let most = 0;
        const accepted: number[] = [];
        await runInOrder(delays.keys(), {
          limit,
          start: async (index) => {
            running += 1;
            most = Math.max(most, running);
            await sleep(delays[index]);
            running -= 1;
            return index;
          },
          accept: async (index) => {
            accepted.push(index);
            return 'go on';
          },
        });
        t.deepEqual(accepted, [...delays.keys()]);
        t.true(most <= limit);
      },
    ),
    { numRuns: 50 },
  );
});

test('a failure stops what follows, and is thrown when nothing runs any more', async (t) => {
  let running = 0;
  const started: number[] = [];
  const accepted: number[] = [];
  const run = runInOrder([0, 1, 2, 3, 4, 5, 6, 7], {
    limit: 3,
    start: async (item) => {
      started.push(item);
      running += 1;
      await sleep(item === 2 ? 1 : 20);
      running -= 1;
      if (item === 2) throw new Error('two');
      return item;
    },
    accept: async (item) => {
      accepted.push(item);
      return 'go on';
    },
  });
  await t.throwsAsync(run, { message: 'two' });
  t.is(running, 0);
  t.deepEqual(accepted, [0, 1]);
  t.true(started.length < 8);
});

test('several failures are one, and none is left unhandled', async (t) => {
  const run = runInOrder([0, 1, 2], {
    limit: 3,
    start: async (item) => {
      await sleep(3 - item);
      throw new Error(`item ${item}`);
    },
    accept: async () => 'go on',
  });
  await t.throwsAsync(run, { message: 'item 0' });
});

test('stop starts nothing more', async (t) => {
  const started: number[] = [];
  await runInOrder([0, 1, 2, 3, 4, 5], {
    limit: 2,
    start: async (item) => {
      started.push(item);
      return item;
    },
    accept: async (item) => (item === 1 ? 'stop' : 'go on'),
  });
  t.deepEqual(started, [0, 1, 2]);
});

test('the signal stops it with its reason, after what runs', async (t) => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let running = 0;
  const run = runInOrder(Array(100).keys(), {
    limit: 2,
    signal: controller.signal,
    start: async (item) => {
      running += 1;
      if (item === 3) controller.abort(reason);
      await sleep(2);
      running -= 1;
    },
    accept: async () => 'go on',
  });
  t.is(await t.throwsAsync(run), reason);
  t.is(running, 0);
});

import test from 'ava';
import { Turns } from '../../src/workers/turns.js';

test('so many go on at one time, the others in the order in which they came', async (t) => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const all = [0, 1, 2, 3].map(async (item) => {
    await turns.take();
    begun.push(item);
  });
  await new Promise(setImmediate);
  t.deepEqual(begun, [0, 1]);
  turns.giveBack();
  await new Promise(setImmediate);
  t.deepEqual(begun, [0, 1, 2]);
  turns.giveBack();
  await Promise.all(all);
  t.deepEqual(begun, [0, 1, 2, 3]);
});

test('a signal ends the waiting at once, and takes no turn from others', async (t) => {
  const turns = new Turns(1);
  const controller = new AbortController();
  const reason = new Error('enough');
  await turns.take();
  const stopped = turns.take(controller.signal);
  const patient = turns.take();
  controller.abort(reason);
  t.is(await t.throwsAsync(stopped), reason);
  t.is(await t.throwsAsync(turns.take(controller.signal)), reason);
  turns.giveBack();
  await patient;
  turns.giveBack();
  await turns.take();
});

test('a signal that comes after the turn has begun changes nothing', async (t) => {
  const turns = new Turns(1);
  const controller = new AbortController();
  await turns.take();
  const next = turns.take(controller.signal);
  turns.giveBack();
  await next;
  controller.abort();
  turns.giveBack();
  await t.notThrowsAsync(turns.take());
});

import type { FileHandle } from 'node:fs/promises';
import test from 'ava';
import { BackgroundFlush } from '../../src/files/background-flush.js';

/** A file of which only flushing is known. */
function fileThat(datasync: () => Promise<void>): FileHandle {
  return { datasync } as Partial<FileHandle> as FileHandle;
}

test('a flush begins at once, no two run at one time, and stopping waits for the one that runs', async (t) => {
  let running = 0;
  let most = 0;
  let end = () => {};
  const flush = new BackgroundFlush(
    fileThat(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      running -= 1;
    }),
  );
  t.is(running, 1);
  let isStopped = false;
  const stopped = flush.stop().then(() => {
    isStopped = true;
  });
  await new Promise(setImmediate);
  t.false(isStopped);
  end();
  await stopped;
  t.is(most, 1);
  t.is(running, 0);
});

test('what a flush in between has failed with is thrown at the end: the system tells of it but once', async (t) => {
  const lost = new Error('EIO');
  let calls = 0;
  const flush = new BackgroundFlush(
    fileThat(async () => {
      calls += 1;
      if (calls === 2) throw lost;
    }),
  );
  while (calls < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  t.is(await t.throwsAsync(flush.stop()), lost);
});

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import anyTest, { type TestFn } from 'ava';
import { withLock } from '../../setup/lock.mjs';

const test = anyTest as TestFn<{ folder: string; lock: string }>;

test.beforeEach(async (t) => {
  t.context.folder = await mkdtemp(join(tmpdir(), 'omiforge-lock-'));
  t.context.lock = join(t.context.folder, 'lock');
});

test.afterEach.always((t) => rm(t.context.folder, { recursive: true }));

function unexpectedWait(): never {
  throw new Error('waited for a lock that nobody holds');
}

/** The pid of a process that has ended. */
function deadPid(): number {
  return spawnSync('true').pid;
}

test('one at a time, and the one that waits is told for whom', async (t) => {
  const events: string[] = [];
  const waitedFor: number[] = [];
  const work = (name: string) =>
    withLock(
      t.context.lock,
      (pid) => waitedFor.push(pid),
      async () => {
        events.push(`${name} begins`);
        await sleep(50);
        events.push(`${name} ends`);
      },
    );
  await Promise.all([work('first'), work('second')]);
  t.deepEqual(events, ['first begins', 'first ends', 'second begins', 'second ends']);
  t.deepEqual(waitedFor, [process.pid]);
  t.deepEqual(await readdir(t.context.folder), []);
});

test('the lock goes when the work fails', async (t) => {
  const work = () => Promise.reject(new Error('failed'));
  await t.throwsAsync(withLock(t.context.lock, unexpectedWait, work), { message: 'failed' });
  t.deepEqual(await readdir(t.context.folder), []);
});

test('the lock of an owner that was killed is taken over', async (t) => {
  await mkdir(t.context.lock);
  await writeFile(join(t.context.lock, 'owner'), `${deadPid()} 1`);
  t.is(await withLock(t.context.lock, unexpectedWait, async () => 'done'), 'done');
  t.deepEqual(await readdir(t.context.folder), []);
});

test('a later process with the pid of the owner is not the owner', async (t) => {
  if (!existsSync('/proc/self/stat')) {
    t.pass('only Linux tells when a process started');
    return;
  }
  await mkdir(t.context.lock);
  await writeFile(join(t.context.lock, 'owner'), `${process.pid} 1`);
  t.is(await withLock(t.context.lock, unexpectedWait, async () => 'done'), 'done');
});

test('the lock of a killed owner lasts while the command that it ran is alive', async (t) => {
  let commandLock = '';
  await withLock(t.context.lock, unexpectedWait, async (nameCommand) => {
    nameCommand(process.pid);
    commandLock = join(t.context.lock, 'command');
    t.true(existsSync(commandLock));
    await writeFile(join(t.context.lock, 'owner'), `${deadPid()} 1`);
    let isTaken = false;
    const waiter = withLock(
      t.context.lock,
      (pid) => t.is(pid, process.pid),
      async () => {
        isTaken = true;
      },
    );
    await sleep(600);
    t.false(isTaken);
    await rm(commandLock);
    await waiter;
    t.true(isTaken);
  });
});

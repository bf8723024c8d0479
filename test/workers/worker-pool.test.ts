import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { WorkerPool } from '../../src/workers/worker-pool.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';

test('an error of a worker arrives with its code and its file', async (t) => {
  await using pool = new WorkerPool(2);
  const image = { path: '/no/such/image.raw', format: 'raw', label: 'image.raw' } as const;
  const job = { kind: 'nonZero', image, startBytes: 0, lengthBytes: 512 } as const;
  await t.throwsAsync(pool.run(job), { code: 'IO_NOT_FOUND', message: /No such file/ } as object);
});

test('a buffer goes to a worker and comes back, without being copied', async (t) => {
  await using folder = await makeFolder();
  await using pool = new WorkerPool(1);
  const image = { path: await makeRaw(folder.at('a.raw'), 512), format: 'raw', label: 'a.raw' } as const;
  const output = new Uint8Array(4096);
  const job = {
    kind: 'encode',
    image,
    startBytes: 0,
    lengthBytes: 512,
    clusterBytes: 0,
    compression: undefined,
    output,
  } as const;
  const result = await pool.run(job, [output.buffer]);
  t.is(output.length, 0, 'the buffer has moved');
  t.is(result.output.length, 4096);
  t.is(result.contentBytes, 0);
});

/** How a job is done that takes a buffer along: 'moved' to a worker, or 'here'. */
async function wayOf(pool: WorkerPool, path: string): Promise<string> {
  const output = new Uint8Array(4096);
  const image = { path, format: 'raw' } as const;
  const segment = { image, startBytes: 0, lengthBytes: 512, clusterBytes: 0, compression: undefined };
  const result = await pool.run({ kind: 'encode', ...segment, output }, [output.buffer]);
  if (result.output.length !== 4096) throw new Error('the buffer has not come back');
  return output.length === 0 ? 'moved' : 'here';
}

test.serial('the own thread does single jobs where it may, a few and one at a time', async (t) => {
  await using folder = await makeFolder();
  const path = await makeRaw(folder.at('a.raw'), 512);
  await using workers = new WorkerPool(3);
  t.is(await wayOf(workers, path), 'moved', 'nobody said that it may');
  await using single = new WorkerPool(7, { ownThread: true });
  for (let job = 0; job < 4; job += 1) t.is(await wayOf(single, path), 'here');
  t.is(await wayOf(single, path), 'moved', 'enough of them for a thread to be worth it');
  await using several = new WorkerPool(8, { ownThread: true });
  t.deepEqual(await Promise.all([1, 2, 3].map(() => wayOf(several, path))), ['moved', 'moved', 'moved']);
  t.is(await wayOf(several, path), 'moved', 'a thread is ready');
});

test.serial('the own thread fails as a worker does, and begins nothing after the signal', async (t) => {
  const controller = new AbortController();
  const reason = new Error('enough');
  await using pool = new WorkerPool(6, { ownThread: true, signal: controller.signal });
  const image = { path: '/no/such/image.raw', format: 'raw', label: 'image.raw' } as const;
  const job = { kind: 'nonZero', image, startBytes: 0, lengthBytes: 512 } as const;
  await t.throwsAsync(pool.run(job), { code: 'IO_NOT_FOUND', message: /No such file/ } as object);
  const stopped = pool.run(job);
  controller.abort(reason);
  t.is(await t.throwsAsync(stopped), reason);
});

test('shares of as many threads use the same ones, and another can follow the last', async (t) => {
  await using folder = await makeFolder();
  const path = await makeRaw(folder.at('a.raw'), 512, [{ offsetBytes: 100, bytes: noise(1).fill(1) }]);
  const job = {
    kind: 'nonZero',
    image: { path, format: 'raw', label: 'a.raw' },
    startBytes: 0,
    lengthBytes: 512,
  } as const;
  const first = new WorkerPool(2);
  const second = new WorkerPool(2);
  t.is(await first.run(job), 100);
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  t.is(await second.run(job), 100, 'one share was given back, once');
  await second[Symbol.asyncDispose]();
  await using third = new WorkerPool(2);
  t.is(await third.run(job), 100);
});

test('threads that were only just started can be ended at once', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const pool = new WorkerPool(4);
    const image = { path: '/no/such/image.raw', format: 'raw', label: 'image.raw' } as const;
    const job = { kind: 'nonZero', image, startBytes: 0, lengthBytes: 512 } as const;
    const jobs = [1, 2, 3, 4].map(() => pool.run(job));
    await t.throwsAsync(Promise.race(jobs));
    await Promise.all([pool[Symbol.asyncDispose](), Promise.allSettled(jobs)]);
  }
});

test('a process that waits for nothing but the end of its threads does not end before', async (t) => {
  const poolUrl = new URL('../../src/workers/worker-pool.js', import.meta.url).href;
  const script = `
    const { WorkerPool } = await import(${JSON.stringify(poolUrl)});
    const image = { path: '/no/such/image.raw', format: 'raw' };
    for (let round = 0; round < 5; round += 1) {
      const pool = new WorkerPool(4);
      const job = { kind: 'nonZero', image, startBytes: 0, lengthBytes: 512 };
      const jobs = [1, 2, 3, 4].map(() => pool.run(job).catch(() => {}));
      await jobs[0];
      await pool[Symbol.asyncDispose]();
      await Promise.all(jobs);
    }
    process.exitCode = 7;
  `;
  // An await that nothing can settle any more ends Node with status 13.
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  await t.throwsAsync(run, { code: 7 } as object);
});

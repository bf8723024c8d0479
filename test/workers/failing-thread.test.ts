import { Worker } from 'node:worker_threads';
import test from 'ava';
import { ForgeError } from '../../src/index.js';
import { WorkerPool } from '../../src/workers/worker-pool.js';

// The first thing that Piscina tells a thread is which file to load.
let spoilt = 0;
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (this: Worker, ...args: Parameters<typeof postMessage>) {
  const [first] = args;
  if (spoilt > 0) first.filename = '/no/such/thread.cjs';
  spoilt -= 1;
  postMessage.apply(this, args);
};

const image = { path: '/no/such/image.raw', format: 'raw' } as const;
const job = { kind: 'nonZero', image, startBytes: 0, lengthBytes: 512 } as const;

test.serial('where no thread can start, all jobs fail and say why', async (t) => {
  spoilt = 3;
  await using pool = new WorkerPool(2);
  const jobs = [1, 2, 3].map(() =>
    t.throwsAsync(pool.run(job), { instanceOf: ForgeError, message: /^a worker thread.*thread\.cjs/ }),
  );
  for (const error of await Promise.all(jobs)) t.is(error?.code, 'INTERNAL');
});

test.serial('after that threads can start again', async (t) => {
  spoilt = 0;
  await using pool = new WorkerPool(2);
  await t.throwsAsync(pool.run(job), { code: 'IO_NOT_FOUND' } as object);
});

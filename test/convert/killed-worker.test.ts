import { readdir } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { convert, ForgeError } from '../../src/index.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';

const mebibyte = 1024 * 1024;

// Every thread of this process is told something when it begins, which is where it can be got hold of.
const workers: Worker[] = [];
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (this: Worker, ...args: Parameters<typeof postMessage>) {
  workers.push(this);
  postMessage.apply(this, args);
};

test('a worker thread that ends in the middle of its work is one error, and nothing is left', async (t) => {
  for (const target of ['new.raw', 'new.qcow2', 'new.raw.gz']) {
    await using folder = await makeFolder();
    await makeRaw(folder.at('disk.raw'), 48 * mebibyte, [{ offsetBytes: 0, bytes: noise(48 * mebibyte) }]);
    let ending: Promise<number> | undefined;
    // One thread: it has loaded its code when it has done its first segment, and is on its second.
    const options = {
      threads: 1,
      onProgress: () => {
        ending ??= workers.at(-1)?.terminate();
      },
    };
    const error = await t.throwsAsync(convert(folder.at('disk.raw'), folder.at(target), options), {
      instanceOf: ForgeError,
      message: /^a worker thread ended while it worked/,
    });
    t.is(error?.code, 'INTERNAL');
    t.truthy(ending);
    t.deepEqual(await readdir(folder.path), ['disk.raw']);
    // The process can go on.
    await convert(folder.at('disk.raw'), folder.at(target), { threads: 1 });
  }
});

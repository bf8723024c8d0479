import { execFileSync } from 'node:child_process';
import { appendFileSync, renameSync, truncateSync, unlinkSync } from 'node:fs';
import { Writable } from 'node:stream';
import test from 'ava';
import { type ConvertProgress, convert, type ForgeError } from '../../src/index.js';
import { WorkerPool } from '../../src/workers/worker-pool.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { stateOf } from '../helpers/folder-state.js';
import { makeRaw, noise } from '../helpers/images.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';

const mebibyte = 1024 * 1024;

const sources = ['disk.raw', 'disk.qcow2', 'disk.raw.gz', 'disk.qcow2.gz'] as const;

/** The source, and another file of the same content with which it can be replaced. */
async function makeSource(folder: Folder, name: (typeof sources)[number]): Promise<string> {
  const raw = await makeRaw(folder.at('disk.raw'), 24 * mebibyte, [
    { offsetBytes: 0, bytes: noise(20 * mebibyte) },
  ]);
  if (name.startsWith('disk.qcow2')) await convert(raw, folder.at('disk.qcow2'), { threads: 2 });
  const path = folder.at(name);
  if (name.endsWith('.gz')) execFileSync('gzip', ['-n1', path.slice(0, -3)]);
  execFileSync('cp', [path, `${path}.other`]);
  return path;
}

const changes: Readonly<Record<string, (path: string) => void>> = {
  'is cut': (path) => truncateSync(path, 5 * mebibyte),
  'is emptied': (path) => truncateSync(path, 0),
  grows: (path) => appendFileSync(path, 'more'),
  'is replaced': (path) => renameSync(`${path}.other`, path),
  'is removed': (path) => unlinkSync(path),
};

const targets = ['new.raw', 'new.qcow2', 'new.raw.gz', undefined] as const;

for (const [index, [what, change]] of Object.entries(changes).entries()) {
  test.serial(`a source that ${what} while it is read is one clear error, and nothing is left`, async (t) => {
    // Keeps the threads from one conversion to the next.
    await using _pool = new WorkerPool(2);
    for (const [offset, source] of sources.entries()) {
      const target = targets[(index + offset) % targets.length];
      await using folder = await makeFolder();
      const path = await makeSource(folder, source);
      let isDone = false;
      const onProgress = ({ doneBytes }: ConvertProgress) => {
        if (isDone || doneBytes === 0) return;
        isDone = true;
        change(path);
      };
      const drain = new Writable({ write: (_chunk, _encoding, done) => done() });
      const options = {
        targetFormat: target === undefined ? ('raw' as const) : undefined,
        level: 1,
        threads: 2,
      };
      await t.throwsAsync(
        convert(path, target === undefined ? drain : folder.at(target), { ...options, onProgress }),
        {
          code: 'IO_SOURCE_CHANGED',
          message: /^was (written to|replaced or removed) while it was read; /,
        } as object,
        `${source} to ${target}`,
      );
      t.true(isDone);
      const left = Object.keys(await stateOf(folder.path));
      t.deepEqual(
        left.filter((name) => !name.startsWith('disk.')),
        [],
      );
    }
  });
}

test.serial('a backing file or data file that changes while it is read is the same error', async (t) => {
  await using _pool = new WorkerPool(2);
  for (const [name, change] of [
    ['base.raw', (path: string) => appendFileSync(path, 'more')],
    ['middle.qcow2', (path: string) => unlinkSync(path)],
    ['middle.data', (path: string) => truncateSync(path, 5 * mebibyte)],
  ] as const) {
    await using folder = await makeFolder();
    await makeRaw(folder.at('base.raw'), 24 * mebibyte, [{ offsetBytes: 0, bytes: noise(20 * mebibyte) }]);
    const data = `data_file=${folder.at('middle.data')}`;
    const middle = folder.at('middle.qcow2');
    await qemuImg('create', '-q', '-f', 'qcow2', '-o', data, '-b', 'base.raw', '-F', 'raw', middle);
    await qemuIo(middle, 'qcow2', 'write 12M 10M');
    const path = folder.at('disk.qcow2');
    await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'middle.qcow2', '-F', 'qcow2', path);
    let isDone = false;
    const onProgress = ({ doneBytes }: ConvertProgress) => {
      if (isDone || doneBytes === 0) return;
      isDone = true;
      change(folder.at(name));
    };
    const converting = convert(path, folder.at('new.raw'), { allowExternal: true, threads: 2, onProgress });
    const error = await t.throwsAsync(converting, { code: 'IO_SOURCE_CHANGED' } as object, name);
    t.is((error as ForgeError).path, folder.at(name));
    t.false(Object.keys(await stateOf(folder.path)).includes('new.raw'));
  }
});

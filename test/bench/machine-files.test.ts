import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import test from 'ava';
import { gatherMachineFiles } from '../../src/bench/machine-files.js';
import { makeFolder } from '../helpers/folder.js';

test('files become an image, each at a new block, those that cannot be read left out', async (t) => {
  await using folder = await makeFolder();
  for (const [name, text] of [
    ['a', 'first'],
    ['b/c', 'second'],
    ['empty', ''],
  ] as const) {
    await mkdir(dirname(folder.at(name)), { recursive: true });
    await writeFile(folder.at(name), text);
  }
  const { image, fileCount } = await gatherMachineFiles(folder.path, 1 << 20);
  t.is(fileCount, 2);
  t.is(image.sizeBytes, 8192);
  const bytes = new Uint8Array(8192);
  image.read(0, bytes);
  const text = Buffer.from(bytes).toString('latin1');
  t.true(['first', 'second'].includes(text.slice(0, 4096).replaceAll('\0', '')));
  t.is(text.replaceAll('\0', '').length, 'firstsecond'.length);
  await image[Symbol.asyncDispose]();
});

test('no more is taken than asked for', async (t) => {
  await using folder = await makeFolder();
  for (const name of ['a', 'b', 'c', 'd']) await writeFile(folder.at(name), Buffer.alloc(10_000, name));
  const { image, fileCount } = await gatherMachineFiles(folder.path, 20_000);
  t.is(fileCount, 2);
  t.true(image.sizeBytes <= 24_576);
  await image[Symbol.asyncDispose]();
});

test('a folder without a file that can be read is an error', async (t) => {
  await using folder = await makeFolder();
  await t.throwsAsync(gatherMachineFiles(folder.path, 1 << 20), { code: 'IO_NOT_FOUND' });
});

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { noiseContent } from '../../bench/inputs/content.js';
import type { InputName } from '../../bench/inputs/input.js';
import { makeInputs } from '../../bench/inputs/make.js';
import type { Sizes } from '../../bench/inputs/sizes.js';
import { outputOf } from '../../bench/measuring/measure.js';
import { ForgeError, isAbort } from '../../src/errors.js';
import { makeFolder } from '../helpers/folder.js';

const mebibyte = 2 ** 20;

const tinySizes: Sizes = {
  disk: { virtualSizeBytes: 16 * mebibyte, contentBytes: mebibyte },
  sparse: { hugeBytes: 1024 * mebibyte, smallBytes: 64 * mebibyte, dataBytes: 32 * mebibyte },
  fullBytes: 2 * mebibyte,
  many: { count: 3, eachBytes: mebibyte },
};

const never = new AbortController().signal;

/** Makes inputs in `folder` and tells which of them were not there. */
async function made(folder: string, names: readonly InputName[], sizes = tinySizes): Promise<string[]> {
  const making: string[] = [];
  await makeInputs(names, { folder, sizes, signal: never }, (name) => making.push(name));
  return making;
}

test('inputs are made once, and again when their sizes are others', async (t) => {
  await using scope = await makeFolder();
  const folder = scope.at('inputs');
  t.deepEqual(await made(folder, ['incompressible.raw']), ['incompressible.raw']);
  t.deepEqual(await made(folder, ['incompressible.raw', 'many']), ['many']);
  t.deepEqual((await readFile(join(folder, 'incompressible.raw'))).equals(noiseContent(2 * mebibyte)), true);
  const larger = { ...tinySizes, fullBytes: 3 * mebibyte };
  t.deepEqual(await made(folder, ['incompressible.raw'], larger), ['incompressible.raw']);
  t.deepEqual((await readdir(folder)).sort(), ['incompressible.raw', 'recipe.json']);
});

test('a real disk comes with what is made from it', async (t) => {
  await using scope = await makeFolder();
  const folder = scope.at('inputs');
  const names: InputName[] = ['disk.qcow2.gz', 'disk-compressed.qcow2'];
  t.deepEqual(await made(folder, names), [
    'disk.raw',
    'disk.qcow2',
    'disk.qcow2.gz',
    'disk-compressed.qcow2',
  ]);
  t.is((await outputOf(join(folder, 'disk.raw')))?.sizeBytes, 16 * mebibyte);
});

test('the huge disk and the small one have the same data, and no more', async (t) => {
  await using scope = await makeFolder();
  const folder = scope.at('inputs');
  await made(folder, ['sparse-huge.raw', 'sparse-small.raw']);
  const [huge, small] = await Promise.all(
    ['sparse-huge.raw', 'sparse-small.raw'].map((name) => outputOf(join(folder, name))),
  );
  t.deepEqual([huge?.sizeBytes, small?.sizeBytes], [1024 * mebibyte, 64 * mebibyte]);
  for (const output of [huge, small]) {
    const allocatedBytes = output?.allocatedBytes ?? 0;
    t.true(allocatedBytes >= 32 * mebibyte && allocatedBytes < 33 * mebibyte, `${allocatedBytes}`);
  }
});

test('many small images have as much in them as the large one', async (t) => {
  await using scope = await makeFolder();
  const folder = scope.at('inputs');
  await made(folder, ['many', 'large.raw']);
  t.deepEqual((await readdir(join(folder, 'many'))).sort(), ['00.raw', '01.raw', '02.raw']);
  t.is((await outputOf(join(folder, 'many')))?.sizeBytes, 3 * mebibyte);
  t.is((await outputOf(join(folder, 'large.raw')))?.sizeBytes, 3 * mebibyte);
});

test('what an interrupted or killed run has left is not taken for an input', async (t) => {
  await using scope = await makeFolder();
  const folder = scope.at('inputs');
  const controller = new AbortController();
  const stop = () => controller.abort(new DOMException('interrupted', 'AbortError'));
  const making = makeInputs(['dense.raw'], { folder, sizes: tinySizes, signal: controller.signal }, stop);
  t.true(isAbort(await t.throwsAsync(making, { any: true })));
  t.deepEqual(await readdir(folder), ['recipe.json']);
  await mkdir(join(folder, '.unfinished'));
  await writeFile(join(folder, '.unfinished', 'dense.raw'), 'half');
  t.deepEqual(await made(folder, ['dense.raw']), ['dense.raw']);
  t.deepEqual((await readdir(folder)).sort(), ['dense.raw', 'recipe.json']);
});

test('a folder with files of somebody else is refused and left alone', async (t) => {
  await using scope = await makeFolder();
  await writeFile(scope.at('mine'), 'mine');
  const error = await t.throwsAsync(made(scope.path, ['dense.raw']), { instanceOf: ForgeError });
  t.regex(error?.message ?? '', /not inputs of the benchmark/);
  t.deepEqual(await readdir(scope.path), ['mine']);
  await rm(scope.at('mine'));
  t.deepEqual(await made(scope.path, ['dense.raw']), ['dense.raw']);
});

test('a disk without room is told before anything is made', async (t) => {
  await using scope = await makeFolder();
  const sizes = { ...tinySizes, fullBytes: 2 ** 52 };
  const error = await t.throwsAsync(made(scope.at('inputs'), ['dense.raw'], sizes), {
    instanceOf: ForgeError,
  });
  t.is(error?.code, 'IO_NO_SPACE');
  t.deepEqual(await readdir(scope.at('inputs')), ['recipe.json']);
});

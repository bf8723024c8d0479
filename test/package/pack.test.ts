import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import * as library from '../../src/index.js';
import { succeed } from '../helpers/qemu.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

async function packedFiles(): Promise<readonly string[]> {
  const report = await succeed('npm', 'pack', '--dry-run', '--json', '--ignore-scripts', root);
  const [packed] = JSON.parse(report) as [{ files: { path: string }[] }];
  return packed.files.map(({ path }) => path);
}

test('the package holds what runs and what builds the addon, and nothing else', async (t) => {
  const files = await packedFiles();
  for (const needed of [
    'package.json',
    'README.md',
    'LICENSE',
    'binding.gyp',
    'native/addon.cc',
    'native/format/qcow2/header.h',
    'dist/src/index.js',
    'dist/src/index.d.ts',
    'dist/src/cli/main.js',
    'dist/src/workers/segment-worker.js',
  ]) {
    t.true(files.includes(needed), `${needed} is missing`);
  }
  const strangers = files.filter((path) =>
    /^(test|bench|setup|src|build|node_modules|dist\/(?!src))/.test(path),
  );
  t.deepEqual(strangers, []);
});

test('every source that binding.gyp names is there, and none is left out', async (t) => {
  const gyp = await readFile(`${root}binding.gyp`, 'utf8');
  const named = [...gyp.matchAll(/"(native\/[^"]+\.cc)"/g)].map(([, path]) => path).sort();
  const present = (await packedFiles()).filter((path) => /^native\/.*\.cc$/.test(path)).sort();
  t.deepEqual(named, present);
});

test('the library exports these values, and types', (t) => {
  const calls = [
    'checkImage',
    'compareImages',
    'convert',
    'createManifest',
    'openImage',
    'readImageInfo',
    'saveManifest',
  ];
  t.deepEqual(
    Object.keys(library).sort(),
    ['ForgeError', ...calls, 'errorCodes', 'serializeManifest'].sort(),
  );
});

import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import * as library from '../../src/index.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';
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
    'dist/src/cli/main.cjs',
    'dist/src/workers/thread.cjs',
    'dist/src/workers/piscina.cjs',
    'dist/src/bundled-licenses.txt',
    'dist/src/plan.schema.json',
    'dist/man/omiforge.1',
  ]) {
    t.true(files.includes(needed), `${needed} is missing`);
  }
  const strangers = files.filter((path) =>
    /^(test|bench|setup|src|build|node_modules|dist\/(?!src\/|man\/omiforge\.1$))/.test(path),
  );
  t.deepEqual(strangers, []);
});

test('the command of the package works where it is installed', async (t) => {
  await using folder = await makeFolder();
  await succeed('npm', 'pack', '--ignore-scripts', '--pack-destination', folder.path, root);
  const { version, bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  await succeed('tar', '-xzf', folder.at(`omiforge-${version}.tgz`), '-C', folder.path);
  const installed = folder.at('node_modules/omiforge');
  await mkdir(folder.at('node_modules'));
  await succeed('mv', folder.at('package'), installed);
  // What its install script would build. Of other packages the command needs none for this.
  await symlink(join(root, 'build'), join(installed, 'build'));
  const omiforge = (...args: string[]) => succeed(process.execPath, join(installed, bin.omiforge), ...args);
  t.is(await omiforge('--version'), `${version}\n`);
  const path = await makeRaw(folder.at('disk.raw'), 20 * 2 ** 20, [
    { offsetBytes: 0, bytes: noise(9 * 2 ** 20) },
  ]);
  await omiforge('convert', '--verify', path, folder.at('disk.qcow2'));
  t.is(await omiforge('compare', path, folder.at('disk.qcow2')), 'identical\n');
});

test('every source that binding.gyp names is there, and none is left out', async (t) => {
  const gyp = await readFile(`${root}binding.gyp`, 'utf8');
  const named = [...gyp.matchAll(/"(native\/[^"]+\.cc)"/g)].map(([, path]) => path).sort();
  const present = (await packedFiles()).filter((path) => /^native\/.*\.cc$/.test(path)).sort();
  t.deepEqual(named, present);
});

test('the library exports these values, and types', (t) => {
  const calls = [
    'askForObjects',
    'checkBatch',
    'checkImage',
    'compareImages',
    'convert',
    'createManifest',
    'createManifests',
    'digestImage',
    'openImage',
    'prepareBatch',
    'presignUrl',
    'guestWarnings',
    'inspectGuest',
    'readGuestReport',
    'readImageInfo',
    'readPlan',
    'readPresignedUrl',
    'repairManifest',
    'resignManifest',
    'saveManifest',
    'saveManifestText',
    'validateManifest',
    'verifyDirectory',
  ];
  t.deepEqual(
    Object.keys(library).sort(),
    ['BatchError', 'ForgeError', 'PlanError', 'Secret', ...calls, 'errorCodes', 'serializeManifest'].sort(),
  );
});

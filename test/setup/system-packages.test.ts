import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import {
  describePackages,
  installCommand,
  isInstalled,
  missingPackages,
  systemPackages,
} from '../../setup/system-packages.mjs';

test('nothing is missing where everything is installed', (t) => {
  t.deepEqual(
    missingPackages(() => true),
    [],
  );
});

test('the missing packages are those whose proof is not there', (t) => {
  const missing = missingPackages((proof) => proof !== 'g++' && proof !== '/usr/include/zlib.h');
  t.deepEqual(
    missing.map(({ debian }) => debian),
    ['g++', 'zlib1g-dev'],
  );
});

test('the compiler, make and Python are what nothing can be built without', (t) => {
  const required = systemPackages.filter((row) => row.required).map(({ debian }) => debian);
  t.deepEqual(required, ['g++', 'make', 'python3']);
});

test('the command line installs the packages and no recommendations', (t) => {
  const missing = missingPackages((proof) => proof !== 'make' && proof !== 'igzip');
  t.deepEqual(installCommand(missing), [
    'apt-get',
    'install',
    '-y',
    '--no-install-recommends',
    'make',
    'isal',
  ]);
});

test('the list for people has a line for each package and ends with the command to run', (t) => {
  const lines = describePackages(missingPackages((proof) => proof !== 'make' && proof !== 'pigz')).split(
    '\n',
  );
  t.deepEqual(lines, [
    '  make  builds the native core (required)',
    '  pigz  rival of the benchmarks',
    'to install them on Debian or Ubuntu:',
    '  sudo apt-get update && sudo apt-get install -y --no-install-recommends make pigz',
  ]);
});

test('a file is found under a name that is known in part', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'omiforge-proof-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'llvm-14', 'lib'), { recursive: true });
  await mkdir(join(folder, 'llvm-9'));
  await writeFile(join(folder, 'llvm-14', 'lib', 'runtime-x86_64.a'), '');
  t.true(isInstalled(join(folder, 'llvm-*', 'lib', 'runtime-*.a')));
  t.false(isInstalled(join(folder, 'llvm-*', 'lib', 'other-*.a')));
  t.false(isInstalled(join(folder, 'clang-*', 'lib', 'runtime-*.a')));
});

test('a tool of the administrator is found though its folder is not on the PATH of this user', (t) => {
  t.true(isInstalled('ldconfig'));
});

test('a folder or a file that nobody may run is no command', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'omiforge-packages-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = join(folder, 'header.h');
  t.false(isInstalled(folder));
  t.false(isInstalled(file));
  await writeFile(file, '');
  t.true(isInstalled(file));
  t.false(isInstalled('no-such-command-anywhere'));
  await chmod(file, 0o644);
});

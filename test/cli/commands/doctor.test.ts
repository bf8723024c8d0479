import { spawn } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { addon } from '../../../src/native/addon.js';
import { endOf, runCli } from '../../helpers/cli.js';
import { type Folder, makeFolder } from '../../helpers/folder.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('a build that works: its engines, and what each level uses', async (t) => {
  const { status, stdout, stderr } = await runCli(['doctor']);
  t.is(status, 0);
  t.is(stderr, '');
  for (const { name, version } of addon.engines())
    t.true(stdout.includes(`${name} `) && stdout.includes(version));
  t.regex(stdout, /native addon +loads/);
  t.regex(stdout, /\n {2}6 +\w+ \d, the default\n/);
});

test('the same as JSON', async (t) => {
  const { status, stdout } = await runCli(['doctor', '--json']);
  t.is(status, 0);
  const found = JSON.parse(stdout);
  t.true(found.works);
  t.is(found.failure, undefined);
  t.is(found.libzstd, addon.hasZstd());
  t.deepEqual(
    found.engines.map(({ name }: { name: string }) => name),
    addon.engines().map(({ name }) => name),
  );
  t.deepEqual(
    found.levels.map(({ level }: { level: number }) => level),
    Array.from({ length: 13 }, (_, level) => level),
  );
});

/** An installation without an addon. */
async function installWithout(folder: Folder): Promise<string> {
  await cp(join(root, 'dist/src'), folder.at('dist/src'), { recursive: true, verbatimSymlinks: true });
  await cp(join(root, 'package.json'), folder.at('package.json'));
  await symlink(join(root, 'node_modules'), folder.at('node_modules'));
  return folder.at('dist/src/cli/main.js');
}

test('where the addon is missing or damaged it says so, and how to mend it', async (t) => {
  await using folder = await makeFolder();
  const main = await installWithout(folder);
  const missing = await endOf(spawn(process.execPath, [main, 'doctor']));
  t.is(missing.status, 1);
  t.is(missing.stderr, '');
  t.regex(missing.stdout, /CANNOT BE USED/);
  t.regex(missing.stdout, /does not load on .*NATIVE_LOAD_FAILED/);
  t.regex(missing.stdout, /\$ npm rebuild omiforge\n/);

  await mkdir(folder.at('build/Release'), { recursive: true });
  await writeFile(folder.at('build/Release/omiforge.node'), 'no library');
  const damaged = await endOf(spawn(process.execPath, [main, 'doctor', '--json']));
  t.is(damaged.status, 1);
  const found = JSON.parse(damaged.stdout);
  t.false(found.works);
  t.regex(found.failure, /omiforge\.node/);
  t.deepEqual(found.remedy, ['npm rebuild omiforge']);
});

test('in a clone it is mended by the set-up of the clone', async (t) => {
  await using folder = await makeFolder();
  const main = await installWithout(folder);
  await mkdir(folder.at('setup'));
  await writeFile(folder.at('setup/setup.mjs'), '');
  const missing = await endOf(spawn(process.execPath, [main, 'doctor', '--json']));
  t.deepEqual(JSON.parse(missing.stdout).remedy, ['rm -rf build', 'npm run setup']);
});

test('without the addon other commands fail in one line, and the help is there', async (t) => {
  await using folder = await makeFolder();
  const main = await installWithout(folder);
  const info = await endOf(spawn(process.execPath, [main, 'info', 'disk.raw']));
  t.is(info.status, 1);
  t.regex(info.stderr, /^error: info: [^\n]*npm rebuild omiforge[^\n]* \[NATIVE_LOAD_FAILED\]\n$/);
  t.is((await endOf(spawn(process.execPath, [main, '--help']))).status, 0);
});

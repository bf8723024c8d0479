import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { addon } from '../../../src/native/addon.js';
import { noAccount } from '../../helpers/account.js';
import { endOf, runCli, runWithoutPrivileges } from '../../helpers/cli.js';
import { type Folder, makeFolder } from '../../helpers/folder.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('a build that works: its engines, and what each level uses', async (t) => {
  const { status, stdout, stderr } = await runCli(['doctor'], { env: noAccount });
  t.is(status, 0);
  t.is(stderr, '');
  for (const { name, version } of addon.engines())
    t.true(stdout.includes(`${name} `) && stdout.includes(version));
  t.regex(stdout, /native addon +loads/);
  t.regex(stdout, /\n {2}6 +\w+ \d, the default\n/);
  t.regex(stdout, /\nomiforge works\.\n$/);
});

test('the same as JSON', async (t) => {
  const { stdout: help } = await runCli(['doctor', '--help']);
  const { status, stdout } = await runCli(['doctor', '--json'], { env: noAccount });
  t.is(status, 0);
  const found = JSON.parse(stdout);
  for (const key of Object.keys(found)) t.true(help.includes(`"${key}"`), key);
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

test('machine and folders: numbers that make sense, and nothing is left', async (t) => {
  await using folder = await makeFolder();
  await using temporary = await makeFolder();
  const env = { ...noAccount, TMPDIR: temporary.path };
  const { stdout } = await runCli(['doctor', '--json'], { cwd: folder.path, env });
  const { memory, folders, clock } = JSON.parse(stdout);
  t.true(memory['total-bytes'] >= memory['available-bytes']);
  t.true(memory['available-bytes'] > 0);
  t.deepEqual(
    folders.map(({ use, path }: { use: string; path: string }) => [use, path]),
    [
      ['current', folder.path],
      ['temporary', temporary.path],
    ],
  );
  for (const { 'free-bytes': free, 'stores-holes': stores, 'finds-holes': finds, reflinks } of folders) {
    t.true(free > 0);
    for (const feature of [stores, finds, reflinks]) t.is(typeof feature, 'boolean');
  }
  t.true(Math.abs(Date.parse(clock.now) - Date.now()) < 600_000);
  t.is(clock['storage-ahead-ms'], null);
  t.deepEqual(await readdir(folder.path), []);
  t.deepEqual(await readdir(temporary.path), []);
});

test('a folder that takes no files is told of, and is no failure', async (t) => {
  await using folder = await makeFolder();
  await chmod(folder.path, 0o555);
  const options = { cwd: folder.path, env: noAccount };
  const { status, stdout } = await runWithoutPrivileges(['doctor'], options);
  t.is(status, 0);
  t.regex(stdout, /\n {2}current +[^\n]*no file can be made: permission denied/);
  t.regex(stdout, /To know\n(?: {2}[^\n]+\n)* {2}the current folder [^\n]* takes no files/);
});

test('of the account it tells names and places, and never a key', async (t) => {
  await using folder = await makeFolder();
  await mkdir(folder.at('.osc'));
  const prod = { access_key: 'hidden-access', secret_key: 'hidden-secret', region: 'us-east-2' };
  await writeFile(folder.at('.osc/config.json'), JSON.stringify({ prod }), { mode: 0o640 });
  const env = { ...noAccount, HOME: folder.path };
  const text = await runCli(['doctor', '--profile', 'prod'], { env });
  t.is(text.status, 0);
  t.regex(text.stdout, /configuration +~\/\.osc\/config\.json, mode 640\n/);
  t.regex(text.stdout, /keys +of profile prod of ~\/\.osc\/config\.json\n/);
  t.regex(text.stdout, /region +us-east-2 \(profile prod of/);
  t.regex(text.stdout, /object storage +https:\/\/oos\.us-east-2\.outscale\.com \(default of the region\)/);
  t.regex(text.stdout, /To know\n(?:.*\n)*.*open to other users.*chmod 600/);
  const json = await runCli(['doctor', '--json'], { env: { ...env, OSC_PROFILE: 'prod' } });
  t.deepEqual(JSON.parse(json.stdout).cloud, {
    'config-files': [{ name: '~/.osc/config.json', mode: '640' }],
    'keys-from': 'profile prod of ~/.osc/config.json',
    region: 'us-east-2',
    'region-from': 'profile prod of ~/.osc/config.json',
    endpoint: 'https://oos.us-east-2.outscale.com',
    'endpoint-from': 'default of the region',
  });
  t.notRegex(text.stdout + json.stdout, /hidden/);
});

test('without keys all else works; a configuration that cannot be used is to be mended', async (t) => {
  await using folder = await makeFolder();
  const without = await runCli(['doctor'], { env: noAccount });
  t.is(without.status, 0);
  t.regex(without.stdout, /keys +none\n/);
  t.regex(without.stdout, /no keys were found: 'manifest create' and 'presign' need them/);
  await mkdir(folder.at('.osc'));
  await writeFile(folder.at('.osc/config.json'), '{"default": {"secret_key": "hidden"}\n');
  const broken = await runCli(['doctor'], { env: { ...noAccount, HOME: folder.path } });
  t.is(broken.status, 1);
  t.regex(broken.stdout, /configuration +~\/\.osc\/config\.json, mode 6\d\d, CANNOT BE USED\n/);
  t.regex(broken.stdout, /To be mended\n {2}~\/\.osc\/config\.json: is not JSON \(line 2, column 1\)/);
  t.regex(broken.stdout, /\nomiforge works, but for what is to be mended\.\n$/);
  t.notRegex(broken.stdout, /hidden/);
});

/** What doctor says where the object storage answers in this way. */
async function ask(answer: RequestListener, protocol = 'http') {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const ended = await runCli(['doctor', '--online', '--endpoint', endpoint], { env: noAccount });
    return { ...ended, endpoint };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const dated =
  (offMs: number, status = 403): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { date: new Date(Date.now() + offMs).toUTCString() }).end();

test('--online compares the clock with that of the object storage, whatever else it answers', async (t) => {
  const requests: string[] = [];
  const { status, stdout } = await ask((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    dated(0)(request, response);
  });
  t.is(status, 0, stdout);
  t.regex(stdout, /clock +[^\n]*, (right|\d+ seconds (slow|fast))\n/);
  t.deepEqual(requests, ['HEAD / undefined']);
});

test('a clock that is too far off is to be mended', async (t) => {
  const hours = await ask(dated(2 * 3_600_000));
  t.is(hours.status, 1);
  t.regex(
    hours.stdout,
    /To be mended\n {2}the clock is (2 hours|1 hour 59 minutes)[^\n]* slow[^\n]*local time/,
  );
  const minutes = await ask(dated(-10 * 60_000, 302));
  t.is(minutes.status, 1);
  t.regex(minutes.stdout, /the clock is (10|9) minutes[^\n]* fast; signatures are refused from 5 minutes on/);
  t.notRegex(minutes.stdout, /local time/);
});

test('an object storage that does not speak TLS is told of in plain words', async (t) => {
  const { status, stdout } = await ask(dated(0), 'https');
  t.is(status, 1);
  t.regex(stdout, /was not reached: it does not speak TLS with us \(ERR_SSL_\w+\)\n/);
});

test('an object storage that does not answer, or not with a date, is told of', async (t) => {
  const undated = await ask((_request, response) => {
    response.sendDate = false;
    response.end();
  });
  t.is(undated.status, 1);
  t.regex(undated.stdout, /was not reached: its answer has no date/);
  const { endpoint } = undated;
  const closed = await runCli(['doctor', '--online', '--endpoint', endpoint], { env: noAccount });
  t.is(closed.status, 1);
  t.regex(closed.stdout, /To be mended\n {2}the object storage was not reached: [^\n]*ECONNREFUSED/);
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
  // All that needs no addon is told nevertheless.
  t.regex(missing.stdout, /\n {2}temporary +\/[^\n]*holes take no room, /);
  t.regex(missing.stdout, /\nomiforge does not work\.\n$/);

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

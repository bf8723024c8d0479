import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import test from 'ava';
import { readConfigFiles } from '../../src/cloud/config-files.js';
import { loadSettings } from '../../src/cloud/load-settings.js';
import { ForgeError } from '../../src/errors.js';
import { type Folder, makeFolder } from '../helpers/folder.js';

async function home(files: Readonly<Record<string, string | Uint8Array>>): Promise<Folder> {
  const folder = await makeFolder();
  await mkdir(folder.at('.osc'));
  await mkdir(folder.at('.osc_sdk'));
  for (const [name, content] of Object.entries(files))
    await writeFile(folder.at(name), content, { mode: 0o600 });
  return folder;
}

/** Why the one file that there is cannot be used. */
async function faultOf(folder: Folder, asked?: string): Promise<ForgeError> {
  const [file, ...more] = await readConfigFiles(asked, { HOME: folder.path });
  if (file?.content instanceof ForgeError && more.length === 0) return file.content;
  throw new Error('there is no single fault');
}

test('both files of the home folder are read, the newer one first, with their modes', async (t) => {
  await using folder = await home({
    '.osc_sdk/config.json': '{"old": {}}',
    '.osc/config.json': '\uFEFF{"default": {}, "prod": {}}',
  });
  await chmod(folder.at('.osc_sdk/config.json'), 0o644);
  const files = await readConfigFiles(undefined, { HOME: folder.path });
  t.deepEqual(
    files.map(({ name, isAsked, mode }) => ({ name, isAsked, mode })),
    [
      { name: '~/.osc/config.json', isAsked: false, mode: 0o600 },
      { name: '~/.osc_sdk/config.json', isAsked: false, mode: 0o644 },
    ],
  );
  t.deepEqual(
    files.map(({ content }) => (content instanceof ForgeError ? [] : [...content.keys()])),
    [['default', 'prod'], ['old']],
  );
});

test('files that are not there, and no home, are no fault', async (t) => {
  await using folder = await makeFolder();
  await writeFile(folder.at('.osc'), 'a file where the folder would be');
  for (const HOME of [folder.path, folder.at('missing'), '', 'relative', undefined]) {
    t.deepEqual(await readConfigFiles(undefined, { HOME }), []);
  }
});

test('a file that was asked for is the only one, and must be there', async (t) => {
  await using folder = await home({ '.osc/config.json': '{}', 'my.json': '{"mine": {}}', 'your.json': '{}' });
  const environment = { HOME: folder.path, OSC_CONFIG_FILE: folder.at('my.json') };
  const [mine, ...more] = await readConfigFiles(undefined, environment);
  t.deepEqual(more, []);
  t.like(mine, { name: folder.at('my.json'), isAsked: true });
  const [yours] = await readConfigFiles(folder.at('your.json'), environment);
  t.is(yours?.name, folder.at('your.json'));
  t.is((await faultOf(folder, folder.at('missing.json'))).code, 'IO_NOT_FOUND');
  t.is(
    (await readConfigFiles(undefined, { HOME: folder.path, OSC_CONFIG_FILE: '' }))[0]?.name,
    '~/.osc/config.json',
  );
});

const faulty: readonly (readonly [string | Uint8Array, RegExp])[] = [
  ['{"default": {"secret_key": "hidden"}\n  "x": {}}', /^is not JSON \(line 2, column 3\)/],
  ['{"default": {\n"secret_key": "hidden",\n}}', /^is not JSON \(line 3, column 1\)/],
  ['{"default": {} // hidden\n}', /^is not JSON \(line 1, column 16\)/],
  ['{"secret_key": "hidden', /^is not JSON \(line 1, column \d+\)/],
  ['', /^is not JSON \(line 1, column 1\)/],
  ['hidden', /^is not JSON \(line 1, column 1\)/],
  ['{"a": "hidden\u0001"}', /^is not JSON/],
  ['['.repeat(1_000_000), /^is not JSON/],
  ['["hidden"]', /^is a list; a configuration is a JSON object/],
  ['"hidden"', /^is a string;/],
  ['null', /^is null;/],
  [Uint8Array.from([0x7b, 0xff, 0x7d]), /^is not UTF-8 text/],
  [Buffer.from('\uFEFF{"default": {}}', 'utf16le'), /^is not UTF-8 text/],
  [Buffer.alloc(2 ** 20 + 1, ' '), /^has more than 1048576 bytes/],
];

for (const [content, says] of faulty) {
  test(`refused: ${JSON.stringify(content.toString().slice(0, 30))}`, async (t) => {
    await using folder = await home({ '.osc/config.json': content });
    const fault = await faultOf(folder);
    t.is(fault.code, 'CONFIG_INVALID');
    t.is(fault.path, '~/.osc/config.json');
    t.regex(fault.message, says);
    t.notRegex(fault.toLine(), /hidden/);
  });
}

test('the longest configuration is read', async (t) => {
  await using folder = await home({ '.osc/config.json': `{}${' '.repeat(2 ** 20 - 2)}` });
  const [file] = await readConfigFiles(undefined, { HOME: folder.path });
  t.deepEqual(file?.content, new Map());
});

test('a directory, a device and a FIFO are refused, and nothing waits for the FIFO', async (t) => {
  await using folder = await home({});
  const [status] = await once(spawn('mkfifo', [folder.at('fifo')]), 'close');
  t.is(status, 0);
  for (const path of [folder.path, '/dev/zero', folder.at('fifo')]) {
    const fault = await faultOf(folder, path);
    t.is(fault.code, 'IO_NOT_A_FILE');
    t.regex(fault.message, /is a directory|is not a regular file/);
  }
  await symlink('loop', folder.at('loop'));
  t.is((await faultOf(folder, folder.at('loop'))).code, 'IO_FAILED');
});

test('from files to settings', async (t) => {
  await using folder = await home({
    '.osc/config.json': JSON.stringify({
      default: { access_key: 'a', secret_key: 's', region: 'us-east-2' },
    }),
  });
  const { credentials, endpoint } = await loadSettings({}, { HOME: folder.path });
  t.is(credentials?.source, 'profile default of ~/.osc/config.json');
  t.is(endpoint.value.origin, 'https://oos.us-east-2.outscale.com');
});

import { copyFile, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Ended, runCli } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, prose } from '../helpers/images.js';
import { qemuImg } from '../helpers/qemu.js';
import { assertRefused } from '../helpers/refusal.js';

/** Makes `disk.raw`, and a copy under every other name. */
async function makeSource(folder: Folder, ...names: readonly string[]): Promise<void> {
  await makeRaw(folder.at('disk.raw'), 300_032, [{ offsetBytes: 100_000, bytes: prose(100_000) }]);
  for (const name of names) {
    await mkdir(dirname(folder.at(name)), { recursive: true });
    await copyFile(folder.at('disk.raw'), folder.at(name));
  }
}

async function run(folder: Folder, ...args: readonly string[]): Promise<Ended> {
  return await runCli(args, { cwd: folder.path });
}

async function assertRoundTrip(
  t: ExecutionContext,
  folder: Folder,
  source: string,
  target: string,
): Promise<void> {
  const converted = await run(folder, 'convert', source, target);
  t.is(converted.status, 0, converted.stderr);
  t.is(converted.stderr, '');
  t.is((await run(folder, 'compare', source, target)).status, 0);
  t.deepEqual(JSON.parse((await run(folder, 'info', '--json', target)).stdout).filename, target);
}

const spellings: ReadonlyArray<readonly [source: string, target: string]> = [
  ['with a space.raw', 'new with a space.qcow2.gz'],
  ['line\nbreak.raw', 'new\nline.qcow2'],
  ['été 映像 🚀.raw', 'neu été 映像 🚀.raw.gz'],
  ['"quoted" $HOME `x` \\ *.raw', "it's new; && *.qcow2"],
  ['./-x.raw', './-y.qcow2.gz'],
  ['folder/../disk.raw', './folder//./new.raw'],
  ['UPPER.RAW', 'UPPER.QCOW2.GZ'],
  ['folder/disk.img', 'folder/disk.img.gz'],
];

for (const [source, target] of spellings) {
  test(`${JSON.stringify(source)} to ${JSON.stringify(target)}`, async (t) => {
    await using folder = await makeFolder();
    await makeSource(folder, 'folder/any.raw', source);
    await assertRoundTrip(t, folder, source, target);
  });
}

test('names that begin with a dash stand after --', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder, '-x.raw');
  t.is((await run(folder, 'convert', '--', '-x.raw', '-y.qcow2')).status, 0);
  t.is((await run(folder, 'compare', '--', '-x.raw', '-y.qcow2')).status, 0);
  t.regex((await run(folder, 'info', '--', '-y.qcow2')).stdout, /^-y\.qcow2\n/);
  await assertRefused(t, folder, ['info', '-x.raw'], {
    code: 'ARGUMENT_INVALID',
    status: 2,
    says: /info: unknown option '-x\.raw'/,
  });
});

// The most that Linux and macOS allow is 255 bytes or characters.
const longNames = ['a'.repeat(251), 'é'.repeat(125), '映'.repeat(83), '🚀'.repeat(62)];

for (const stem of longNames) {
  test(`the longest name that can be, of ${stem.codePointAt(0)?.toString(16)}`, async (t) => {
    await using folder = await makeFolder();
    await makeSource(folder);
    const name = `${stem}.raw`;
    t.is((await run(folder, 'convert', 'disk.raw', name)).status, 0);
    t.deepEqual(await readFile(folder.at(name)), await readFile(folder.at('disk.raw')));
    t.deepEqual((await readdir(folder.path)).length, 2);
    await assertRefused(t, folder, ['convert', 'disk.raw', `${stem}${stem}.raw`], {
      code: 'IO_FAILED',
      says: /: the name is longer than the file system allows/,
    });
  });
}

test('folders that are symbolic links, and paths from elsewhere', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder, 'real/deep/disk.raw');
  await symlink('real/deep', folder.at('link'));
  await assertRoundTrip(t, folder, 'link/disk.raw', 'link/new.qcow2');
  await assertRoundTrip(t, folder, folder.at('link/disk.raw'), folder.at('link/two.qcow2.gz'));
  t.deepEqual((await readdir(folder.at('real/deep'))).sort(), ['disk.raw', 'new.qcow2', 'two.qcow2.gz']);
  const fromElsewhere = await runCli(['convert', '../link/disk.raw', '../new.raw'], {
    cwd: folder.at('real'),
  });
  t.is(fromElsewhere.status, 0);
  t.deepEqual(await readFile(folder.at('new.raw')), await readFile(folder.at('disk.raw')));
});

test('nothing in a name reaches the terminal as more than text', async (t) => {
  await using folder = await makeFolder();
  const name = 'a\x1b[31m\r\n\x9b2Jb';
  const shown = 'a\\x1b[31m\\r\\n\\x9b2Jb';
  await makeSource(folder, `${name}.raw`);
  await qemuImg('create', '-q', '-u', '-f', 'qcow2', '-F', 'raw', '-b', name, folder.at('disk.qcow2'), '1M');
  const outcomes = [
    await run(folder, 'info', `${name}.raw`),
    await run(folder, 'convert', `${name}.raw`, `${name}.qcow2`),
    await run(folder, 'convert', `${name}.raw`, `${name}.qcow2`),
    await run(folder, 'info', `${name}.missing`),
    await run(folder, 'convert', 'disk.raw', `${name}.foo`),
    await run(folder, 'info', 'disk.qcow2'),
    await run(folder, 'convert', 'disk.qcow2', 'new.raw'),
    await run(folder, name),
    await run(folder, 'convert', `--${name}`),
  ];
  for (const { stdout, stderr } of outcomes) {
    t.notRegex(`${stdout}${stderr}`, /(?!\n)\p{Cc}/u);
    t.true(`${stdout}${stderr}`.includes(shown), `${stdout}${stderr}`);
  }
  const json = await run(folder, 'info', '--json', `${name}.raw`);
  t.is(JSON.parse(json.stdout).filename, `${name}.raw`);
});

import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runCli } from '../../helpers/cli.js';
import { type Folder, makeFolder } from '../../helpers/folder.js';
import { makeRaw, prose } from '../../helpers/images.js';
import { be32, be64, patchFile } from '../../helpers/patch.js';
import { qemuImg, qemuIo } from '../../helpers/qemu.js';
import { assertOneLine } from '../../helpers/refusal.js';

type Json = Record<string, unknown>;

async function infoOf(folder: Folder, ...args: string[]): Promise<Json> {
  const { status, stdout, stderr } = await runCli(['info', '--json', ...args], { cwd: folder.path });
  if (status !== 0 || stderr !== '') throw new Error(`info ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** What qemu-img says of a file under the same name, without what omiforge does not claim to say. */
function qemuInfo(folder: Folder, name: string): Json {
  const args = ['info', '-U', '--output=json', name];
  const text = execFileSync('qemu-img', args, { cwd: folder.path }).toString();
  const { encrypted, children, ...info } = JSON.parse(text);
  return info;
}

/** Every key that qemu-img gives must be there, with its value. */
async function assertAgrees(t: ExecutionContext, folder: Folder, name: string): Promise<Json> {
  const expected = qemuInfo(folder, name);
  const actual = await infoOf(folder, name);
  for (const key of Object.keys(expected)) t.deepEqual(actual[key], expected[key], `${name}: ${key}`);
  return actual;
}

/** Where a header extension of version 3 begins. */
async function findExtension(path: string, type: number): Promise<number> {
  const head = (await readFile(path)).subarray(0, 65_536);
  for (let at = head.readUInt32BE(100); at < head.length; ) {
    if (head.readUInt32BE(at) === type) return at;
    at += 8 + Math.ceil(head.readUInt32BE(at + 4) / 8) * 8;
  }
  throw new Error(`${path} has no header extension ${type}`);
}

test('raw: what qemu-img says', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('sparse.raw'), 10 * 1024 * 1024, [{ offsetBytes: 4096, bytes: prose(100_000) }]);
  await makeRaw(folder.at('odd.img'), 1000, [{ offsetBytes: 0, bytes: prose(1000) }]);
  await makeRaw(folder.at('empty.raw'), 0);
  for (const name of ['sparse.raw', 'odd.img', 'empty.raw', './sparse.raw', folder.at('odd.img')]) {
    const info = await assertAgrees(t, folder, name);
    t.is(info['container'], 'plain');
  }
  t.is((await infoOf(folder, 'odd.img'))['file-length'], 1000);
});

const qcow2Options: readonly string[] = [
  'compat=0.10',
  'compat=1.1',
  ...[512, 1024, 4096, 65536, 1024 * 1024, 2 * 1024 * 1024].map((bytes) => `cluster_size=${bytes}`),
  ...[1, 2, 4, 8, 32, 64].map((bits) => `refcount_bits=${bits}`),
  'lazy_refcounts=on',
  'extended_l2=on',
  'compression_type=zstd',
];

test('qcow2: what qemu-img says, of all kinds', async (t) => {
  await using folder = await makeFolder();
  for (const [index, options] of qcow2Options.entries()) {
    const name = `${index}.qcow2`;
    await qemuImg('create', '-q', '-f', 'qcow2', '-o', options, folder.at(name), '5M');
    await qemuIo(folder.at(name), 'qcow2', 'write -P 0x22 100k 100k');
    const info = await assertAgrees(t, folder, name);
    t.is(info['container'], 'plain');
    t.is(info['snapshot-count'], 0);
  }
});

test('qcow2: dirty, corrupt, with snapshots', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'lazy_refcounts=on', path, '5M');
  await qemuImg('snapshot', '-c', 'one', path);
  await qemuImg('snapshot', '-c', 'two', path);
  t.is((await assertAgrees(t, folder, 'disk.qcow2'))['snapshot-count'], 2);
  await patchFile(path, 72, be64(1n));
  t.is((await assertAgrees(t, folder, 'disk.qcow2'))['dirty-flag'], true);
  await patchFile(path, 72, be64(2n));
  const { data } = (await assertAgrees(t, folder, 'disk.qcow2'))['format-specific'] as { data: Json };
  t.is(data['corrupt'], true);
});

test('qcow2: bitmaps and data files, as qemu-img lists them', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', path, '5M');
  await qemuImg('bitmap', '--add', path, 'one');
  await qemuImg('bitmap', '--add', '--disable', '-g', '1M', path, 'an other');
  const { data } = (await assertAgrees(t, folder, 'disk.qcow2'))['format-specific'] as { data: Json };
  t.deepEqual(data['bitmaps'], [
    { flags: ['auto'], name: 'one', granularity: 65_536 },
    { flags: [], name: 'an other', granularity: 1_048_576 },
  ]);
  for (const isRaw of ['on', 'off']) {
    const options = `data_file=${folder.at(`${isRaw}.raw`)},data_file_raw=${isRaw}`;
    await qemuImg('create', '-q', '-f', 'qcow2', '-o', options, folder.at('data.qcow2'), '5M');
    await assertAgrees(t, folder, 'data.qcow2');
  }
});

const backingNames: readonly string[] = [
  'base.raw',
  './base.raw',
  '../base.raw',
  '/no/such/base.raw',
  'nbd://host/base',
];

test('qcow2: a backing file as qemu-img names it', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('base.raw'), 4096);
  for (const backing of backingNames) {
    const path = folder.at('disk.qcow2');
    // -u: without opening it
    await qemuImg('create', '-q', '-u', '-f', 'qcow2', '-F', 'raw', '-b', backing, path, '5M');
    for (const name of ['disk.qcow2', './disk.qcow2', path]) {
      const info = await assertAgrees(t, folder, name);
      t.is(info['backing-filename'], backing);
      t.is((info['refusal'] as Json)['code'], 'QCOW2_EXTERNAL_FILE');
    }
  }
});

test('qcow2: neither backing file nor data file is opened', async (t) => {
  await using folder = await makeFolder();
  // Whoever opens it waits for somebody at its other end.
  execFileSync('mkfifo', [folder.at('fifo')]);
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-u', '-f', 'qcow2', '-F', 'raw', '-b', folder.at('fifo'), path, '5M');
  await qemuImg(
    'create',
    '-q',
    '-f',
    'qcow2',
    '-o',
    `data_file=${folder.at('data')}`,
    folder.at('two.qcow2'),
    '5M',
  );
  execFileSync('rm', [folder.at('data')]);
  execFileSync('mkfifo', [folder.at('data')]);
  t.is((await infoOf(folder, 'disk.qcow2'))['backing-filename'], folder.at('fifo'));
  const { data } = (await infoOf(folder, 'two.qcow2'))['format-specific'] as { data: Json };
  t.is(data['data-file'], folder.at('data'));
  const human = await runCli(['info', 'disk.qcow2', 'two.qcow2'], { cwd: folder.path });
  t.regex(human.stdout, /\n {2}backing file .*fifo\n/);
  t.regex(human.stdout, /\n {2}data file .*data\n/);
});

test('inside gzip there is the same to say', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 3 * 1024 * 1024, [{ offsetBytes: 4096, bytes: prose(100_000) }]);
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=2M', folder.at('disk.qcow2'), '5M');
  for (const name of ['disk.raw', 'disk.qcow2']) {
    const plain = await infoOf(folder, name);
    execFileSync('gzip', ['-kn', folder.at(name)]);
    const inGzip = await infoOf(folder, `${name}.gz`);
    const { filename, 'actual-size': actual, 'file-length': length, container, ...same } = plain;
    t.like(inGzip, { ...same, filename: `${name}.gz`, container: 'gz' });
    t.true((inGzip['file-length'] as number) < (length as number));
    t.deepEqual(Object.keys(inGzip), Object.keys(plain));
  }
});

test('the size of a large raw.gz is measured on request', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 7_000_000, [{ offsetBytes: 0, bytes: prose(6_000_000) }]);
  execFileSync('gzip', ['-n1', folder.at('disk.raw')]);
  t.is((await infoOf(folder, 'disk.raw.gz'))['virtual-size'], undefined);
  t.is((await infoOf(folder, '--measure', 'disk.raw.gz'))['virtual-size'], 7_000_064);
  const { stdout } = await runCli(['info', 'disk.raw.gz'], { cwd: folder.path });
  t.regex(stdout, /virtual size {2}not recorded by gzip \(see --measure\)/);
});

test('several images, in their order', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), 4096);
  await qemuImg('create', '-q', '-f', 'qcow2', folder.at('b.qcow2'), '5M');
  const infos = (await infoOf(folder, 'b.qcow2', 'a.raw')) as unknown as Json[];
  t.deepEqual(
    infos.map(({ filename, format }) => [filename, format]),
    [
      ['b.qcow2', 'qcow2'],
      ['a.raw', 'raw'],
    ],
  );
  const { stdout } = await runCli(['info', 'b.qcow2', 'a.raw'], { cwd: folder.path });
  t.regex(stdout, /^b\.qcow2\n(?: {2}[^\n]+\n)+\na\.raw\n(?: {2}[^\n]+\n)+$/);
});

test('a bad one among them is reported, and the others are described', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), 4096);
  await makeRaw(folder.at('bad.qcow2'), 4096);
  await makeRaw(folder.at('c.raw'), 512);
  const names = ['a.raw', 'bad.qcow2', 'c.raw'];
  const human = await runCli(['info', ...names], { cwd: folder.path });
  t.is(human.status, 1);
  t.regex(human.stdout, /^a\.raw\n(?: {2}[^\n]+\n)+\nc\.raw\n/);
  t.notRegex(human.stdout, /bad/);
  assertOneLine(t, human.stderr, 'FORMAT_MISMATCH');
  const json = await runCli(['info', '--json', ...names], { cwd: folder.path });
  t.is(json.status, 1);
  t.deepEqual(
    JSON.parse(json.stdout).map(({ filename }: Json) => filename),
    ['a.raw', 'c.raw'],
  );
  assertOneLine(t, json.stderr, 'FORMAT_MISMATCH');
});

test('qcow2: bitmaps, features and extensions that are not known, by number and name', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', path, '5M');
  await qemuImg('bitmap', '--add', path, 'dirt');
  const describe = async () => (await runCli(['info', 'disk.qcow2'], { cwd: folder.path })).stdout;
  t.regex(await describe(), /\n {2}bitmaps +1, up to date\n/);
  t.notRegex(await describe(), /unknown/);

  // Compatible bits 1 and 63, no autoclear bit but 40; the first extension becomes an unknown one.
  await patchFile(path, 80, be64((1n << 1n) | (1n << 63n)));
  await patchFile(path, 88, be64(1n << 40n));
  const table = await findExtension(path, 0x6803f857);
  await patchFile(path, table + 8, Buffer.concat([Buffer.from([1, 63]), Buffer.alloc(46)]));
  await patchFile(path, table + 10, Buffer.from('time travel'));
  const text = await describe();
  t.regex(text, /\n {2}bitmaps +1, out of date\n/);
  t.regex(
    text,
    /\n {2}unknown features +compatible bit 1, compatible bit 63 \(time travel\), autoclear bit 40\n/,
  );
  await patchFile(path, await findExtension(path, 0x23852875), be32(0x00bada55));
  t.regex(await describe(), /\n {2}unknown extensions +0x00bada55 of 24 B\n/);
  t.is((await runCli(['convert', 'disk.qcow2', 'new.raw'], { cwd: folder.path })).status, 0);
});

test('the page for people', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'lazy_refcounts=on', path, '5M');
  await patchFile(path, 72, be64(1n));
  const { status, stdout, stderr } = await runCli(['info', basename(path)], { cwd: folder.path });
  t.is(status, 0);
  t.is(stderr, '');
  const rows = new Map(
    stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/ {2,}/) as [string, string]),
  );
  t.is(rows.get('format'), 'qcow2');
  t.regex(rows.get('virtual size') ?? '', /\(5242880 bytes\)/);
  t.is(rows.get('cluster size'), '64 KiB');
  t.is(rows.get('flags'), 'dirty, lazy refcounts');
});

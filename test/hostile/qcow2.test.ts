import { execFileSync } from 'node:child_process';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import type { ErrorCode } from '../../src/errors.js';
import { runBounded } from '../helpers/bounded.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw } from '../helpers/images.js';
import { be32, be64, patchFile } from '../helpers/patch.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { assertRefused } from '../helpers/refusal.js';

// Offsets in the header, by the names of the specification.
const l1Size = 36;
const l1TableOffset = 40;
const refcountTableClusters = 56;

const kibibyte = 1024;
const cluster = 64 * kibibyte;
const compressedFlag = 1n << 62n;
const copiedFlag = 1n << 63n;

/** A disk of 4 MiB with a little data. */
async function makeQcow2(folder: Folder, ...options: string[]): Promise<string> {
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', ...options, path, '4M');
  await qemuIo(path, 'qcow2', 'write -P 0x11 0 128k');
  return path;
}

async function numberAt(path: string, offset: number): Promise<number> {
  return Number((await readFile(path)).readBigUInt64BE(offset) & 0x00ff_ffff_ffff_ffffn);
}

/** Where the entry of a guest cluster stands. */
async function l2EntryOffset(path: string, guestCluster: number): Promise<number> {
  const l1Table = await numberAt(path, l1TableOffset);
  return (await numberAt(path, l1Table)) + guestCluster * 8;
}

/** Nobody may read its guest bytes, plain or in gzip, and refusing it is quick and small. */
async function assertUnreadable(t: ExecutionContext, folder: Folder, code: ErrorCode, says: RegExp) {
  // The same as far as it can be read: no difference is found before the fault.
  const data = Buffer.alloc(128 * kibibyte, 0x11);
  await makeRaw(folder.at('other.raw'), 4096 * kibibyte, [{ offsetBytes: 0, bytes: data }]);
  execFileSync('gzip', ['-knf', folder.at('disk.qcow2')]);
  const refusal = { code, says, run: runBounded };
  for (const source of ['disk.qcow2', 'disk.qcow2.gz']) {
    await assertRefused(t, folder, ['convert', source, 'new.raw'], refusal);
  }
  await assertRefused(t, folder, ['convert', '-O', 'qcow2.gz', 'disk.qcow2', '-'], refusal);
  await assertRefused(t, folder, ['compare', 'other.raw', 'disk.qcow2'], { ...refusal, status: 2 });
}

/** Its header alone is reason enough. */
async function assertBadHeader(t: ExecutionContext, folder: Folder, code: ErrorCode, says: RegExp) {
  await assertUnreadable(t, folder, code, says);
  const refusal = { code, says, run: runBounded };
  await assertRefused(t, folder, ['info', 'disk.qcow2'], refusal);
  await assertRefused(t, folder, ['map', 'disk.qcow2'], refusal);
}

// Whoever opens a FIFO that nobody writes to waits for ever: a file that must not be opened is one.

test('a backing file that is a secret', async (t) => {
  await using folder = await makeFolder();
  execFileSync('mkfifo', [folder.at('secret')]);
  const path = folder.at('disk.qcow2');
  for (const name of ['secret', folder.at('secret'), `file:${folder.at('secret')}`]) {
    await qemuImg('create', '-q', '-f', 'qcow2', '-u', '-b', name, '-F', 'raw', path, '4M');
    await assertUnreadable(t, folder, 'QCOW2_EXTERNAL_FILE', /names a backing file \('.*secret'\)/);
    const { status, stdout } = await runBounded(['info', '--json', 'disk.qcow2'], { cwd: folder.path });
    t.is(status, 0);
    t.like(JSON.parse(stdout), { 'backing-filename': name, refusal: { code: 'QCOW2_EXTERNAL_FILE' } });
  }
});

test('a data file that is a secret', async (t) => {
  await using folder = await makeFolder();
  await makeQcow2(folder, '-o', `data_file=${folder.at('secret')}`);
  await rm(folder.at('secret'));
  execFileSync('mkfifo', [folder.at('secret')]);
  await assertUnreadable(t, folder, 'QCOW2_EXTERNAL_FILE', /in an external file \('.*secret'\)/);
  const { status, stdout } = await runBounded(['info', 'disk.qcow2'], { cwd: folder.path });
  t.is(status, 0);
  t.regex(stdout, /data file +.*secret/);
});

test('names that qemu would understand as more than names', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('disk.qcow2');
  const names = [
    'json:{"driver":"file","filename":"secret"}',
    'nbd:localhost:10809',
    'nbd+unix:///?socket=secret',
  ];
  await writeFile(folder.at('secret'), 'secret');
  for (const name of names) {
    await qemuImg('create', '-q', '-f', 'qcow2', '-u', '-b', name, '-F', 'raw', path, '4M');
    await assertUnreadable(t, folder, 'QCOW2_EXTERNAL_FILE', /names a backing file/);
  }
  for (const name of [...names.slice(0, 2), 'fat:.', 'http://localhost/a.raw']) {
    await assertRefused(t, folder, ['convert', name, 'new.raw'], { code: 'IO_NOT_FOUND', run: runBounded });
  }
  const source = 'json:{"filename":"secret"}';
  await makeRaw(folder.at(source), 4096, [{ offsetBytes: 0, bytes: Buffer.from('content') }]);
  const { status } = await runBounded(['convert', source, 'new.raw'], { cwd: folder.path });
  t.is(status, 0);
  t.is((await readFile(folder.at('new.raw'))).subarray(0, 7).toString(), 'content');
});

test('an absurd L1 table', async (t) => {
  await using folder = await makeFolder();
  const path = await makeQcow2(folder);
  await patchFile(path, l1Size, be32(0xffff_ffff));
  await assertBadHeader(t, folder, 'QCOW2_BAD_HEADER', /l1_size is 4294967295; allowed is at most/);
  await patchFile(path, l1Size, be32(4 * 1024 * 1024));
  await assertBadHeader(t, folder, 'QCOW2_TRUNCATED', /L1 table of 33554432 bytes .* past the end/);
});

test('an absurd refcount table', async (t) => {
  await using folder = await makeFolder();
  await patchFile(await makeQcow2(folder), refcountTableClusters, be32(0xffff_ffff));
  await assertBadHeader(t, folder, 'QCOW2_BAD_HEADER', /refcount_table_clusters is 4294967295; allowed/);
});

test('a virtual disk of 1 PiB', async (t) => {
  await using folder = await makeFolder();
  await qemuImg('create', '-q', '-f', 'qcow2', folder.at('disk.qcow2'), '1P');
  const cwd = folder.path;
  t.is((await runBounded(['convert', 'disk.qcow2', 'new.qcow2'], { cwd })).status, 0);
  t.is((await runBounded(['compare', 'disk.qcow2', 'new.qcow2'], { cwd })).stdout, 'identical\n');
  const map = await runBounded(['map', '--json', 'new.qcow2'], { cwd });
  t.like(JSON.parse(map.stdout), [{ start: 0, length: 2 ** 50, present: false }]);
  // Where the file system has no files so large.
  const { status, stderr } = await runBounded(['convert', 'disk.qcow2', 'new.raw'], { cwd });
  t.true(status === 0 || /\[IO_TOO_LARGE\]\n$/.test(stderr), stderr);
});

test('a cluster at an offset of 32 PiB', async (t) => {
  await using folder = await makeFolder();
  const path = await makeQcow2(folder);
  await patchFile(path, await l2EntryOffset(path, 1), be64(copiedFlag | (1n << 55n)));
  await assertUnreadable(
    t,
    folder,
    'QCOW2_TRUNCATED',
    /guest offset 65536 is at byte 36028797018963968, past/,
  );
});

test('a compressed cluster past the end of the file', async (t) => {
  await using folder = await makeFolder();
  const path = await makeQcow2(folder);
  for (const offset of [1n << 40n, (1n << 54n) - 1n]) {
    await patchFile(path, await l2EntryOffset(path, 1), be64(compressedFlag | offset));
    await assertUnreadable(t, folder, 'QCOW2_TRUNCATED', /guest offset 65536 is at byte \d+, past the end/);
  }
});

test('a compressed cluster of whatever stands in the file', async (t) => {
  await using folder = await makeFolder();
  const path = await makeQcow2(folder);
  await patchFile(path, await l2EntryOffset(path, 1), be64(compressedFlag | 8n));
  await assertUnreadable(t, folder, 'QCOW2_CORRUPT', /does not inflate to one cluster/);
});

test('header extensions that lie about their length', async (t) => {
  await using folder = await makeFolder();
  const path = await makeQcow2(folder);
  const headerLength = (await readFile(path)).readUInt32BE(100);
  for (const length of [0xffff_ffff, 0xffff_fff8, cluster]) {
    await patchFile(path, headerLength + 4, be32(length));
    await assertBadHeader(t, folder, 'QCOW2_BAD_HEADER', /header extension at byte 11\d is \d+ bytes long/);
  }
});

test('tables that name themselves', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', path, '4G');
  await qemuIo(path, 'qcow2', 'write 0 64k');
  const l1Table = await numberAt(path, l1TableOffset);
  const l2Table = await numberAt(path, l1Table);
  const cwd = folder.path;
  // The L1 table is its own L2 table; then the L2 table is its own data.
  for (const [at, value] of [
    [l1Table, l1Table],
    [l2Table, l2Table],
  ] as const) {
    const before = (await readFile(path)).subarray(at, at + 8);
    await patchFile(path, at, be64(copiedFlag | BigInt(value)));
    for (const args of [
      ['map', 'disk.qcow2'],
      ['convert', '--force', 'disk.qcow2', 'new.qcow2'],
      ['info', 'disk.qcow2'],
    ]) {
      const { status, stderr } = await runBounded(args, { cwd });
      t.true(status === 0 || /\[QCOW2_CORRUPT\]\n$/.test(stderr), stderr);
    }
    await patchFile(path, at, before);
  }
  // Every L2 table is one and the same, and it is all one compressed cluster.
  const table = Buffer.concat(
    Array.from({ length: cluster / 8 }, () => be64(compressedFlag | BigInt(l2Table))),
  );
  await patchFile(path, l2Table, table);
  for (let entry = 0; entry < 8; ++entry) await patchFile(path, l1Table + entry * 8, be64(BigInt(l2Table)));
  const { stdout } = await runBounded(['map', '--json', 'disk.qcow2'], { cwd });
  t.is(stdout.split('\n').length, 2);
});

test('a file that ends within its own tables', async (t) => {
  await using folder = await makeFolder();
  const path = await makeQcow2(folder);
  const whole = await readFile(path);
  for (const lengthBytes of [72, 104, 512, cluster, 3 * cluster, 4 * cluster + 8]) {
    await writeFile(path, whole);
    await truncate(path, lengthBytes);
    const { status, stderr } = await runBounded(['convert', 'disk.qcow2', 'new.raw'], { cwd: folder.path });
    t.is(status, 1);
    t.regex(stderr, /^error: convert: disk\.qcow2: [^\n]*\[QCOW2_(TRUNCATED|BAD_HEADER)\]\n$/);
  }
});

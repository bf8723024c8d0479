import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { makeSampleDisk } from '../../setup/sample-disk.js';

const test = anyTest as TestFn<{ folder: string }>;
const mebibyte = 2 ** 20;

test.beforeEach(async (t) => {
  t.context.folder = await mkdtemp(join(tmpdir(), 'omiforge-sample-'));
});

test.afterEach.always((t) => rm(t.context.folder, { recursive: true }));

test('a disk of the size asked for, partitioned, with a clean file system full of files', async (t) => {
  const path = join(t.context.folder, 'disk.raw');
  const disk = await makeSampleDisk(path, { virtualSizeBytes: 64 * mebibyte, contentBytes: 16e6 });
  const { size, blocks } = await stat(path);
  t.is(size, 64 * mebibyte);
  t.true(blocks * 512 < size, 'sparse');
  t.true(disk.contentBytes <= 16e6 && disk.contentBytes > 8e6, `${disk.contentBytes} bytes`);
  t.true(disk.fileCount > 10, `${disk.fileCount} files`);

  await using file = await open(path);
  const { buffer: table } = await file.read(Buffer.alloc(8), 0, 8, 512);
  t.is(table.toString(), 'EFI PART');
  const { buffer: magic } = await file.read(Buffer.alloc(2), 0, 2, mebibyte + 1024 + 56);
  t.is(magic.readUInt16LE(), 0xef53, 'the magic number of ext4');

  const e2fsck = ['/usr/sbin/e2fsck', '/sbin/e2fsck'].find((command) => existsSync(command));
  if (e2fsck === undefined) return;
  t.notThrows(() => execFileSync(e2fsck, ['-f', '-n', `${path}?offset=${mebibyte}`], { stdio: 'pipe' }));
});

test('a run that is stopped leaves nothing', async (t) => {
  const controller = new AbortController();
  const path = join(t.context.folder, 'disk.raw');
  const making = makeSampleDisk(path, { virtualSizeBytes: 64 * mebibyte, signal: controller.signal });
  setTimeout(() => controller.abort(new Error('stopped')), 100);
  await t.throwsAsync(making, { message: 'stopped' });
  t.deepEqual(await readdir(t.context.folder), []);
});

test('sizes that cannot be are refused', async (t) => {
  const path = join(t.context.folder, 'disk.raw');
  const odd = makeSampleDisk(path, { virtualSizeBytes: 64 * mebibyte + 512 });
  await t.throwsAsync(odd, { code: 'ARGUMENT_INVALID', message: /whole number of MiB/ });
  const full = makeSampleDisk(path, { virtualSizeBytes: 64 * mebibyte, contentBytes: 64e6 });
  await t.throwsAsync(full, { code: 'ARGUMENT_INVALID', message: /ask for at most/ });
});

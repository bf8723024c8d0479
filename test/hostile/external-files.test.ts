import { execFileSync } from 'node:child_process';
import { link, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import type { ErrorCode } from '../../src/errors.js';
import { runBounded } from '../helpers/bounded.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';
import { be64, patchFile } from '../helpers/patch.js';
import { qemuImg, qemuIo, succeed } from '../helpers/qemu.js';
import { assertRefused } from '../helpers/refusal.js';

// All with --allow-external: what an image may not reach even then. The images are in `vm/`, the secret beside it.

const incompatibleFeatures = 72;
const cryptMethod = 32;
const mebibyte = 1024 * 1024;
const secret = 'the secret of the host';

interface Site extends AsyncDisposable {
  /** The folder around it. */
  readonly folder: Folder;
  /** The path of a file beside the image. */
  at(name: string): string;
}

async function makeSite(): Promise<Site> {
  const folder = await makeFolder();
  await mkdir(folder.at('vm'));
  await writeFile(folder.at('secret'), secret.padEnd(4096, '.'));
  return {
    folder,
    at: (name) => folder.at(`vm/${name}`),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** An image with a backing file of any name. */
async function makeOverlay(path: string, backing: string, format = 'raw', ...options: string[]) {
  await qemuImg('create', '-q', '-f', 'qcow2', ...options, '-u', '-b', backing, '-F', format, path, '4M');
}

/** An image with a data file of any name; qemu-img would make that file. */
async function makeDataImage(site: Site, name: string): Promise<void> {
  const path = site.at('disk.qcow2');
  const placeholder = site.at('x'.repeat(100));
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${placeholder}`, path, '4M');
  await rm(placeholder);
  const bytes = await readFile(path);
  const at = bytes.indexOf(placeholder);
  // The zeros behind it read as the end of the extensions.
  bytes.fill(0, at, at + placeholder.length);
  bytes.write(name, at);
  bytes.writeUInt32BE(name.length, at - 4);
  await writeFile(path, bytes);
}

/** Nothing that reads guest bytes reads any, and saying so is quick and small. */
async function assertNotFollowed(
  t: ExecutionContext,
  { folder }: Site,
  code: ErrorCode,
  says: RegExp,
  allow: readonly string[] = ['--allow-external'],
): Promise<void> {
  const refusal = { code, says, run: runBounded };
  const disk = 'vm/disk.qcow2';
  await assertRefused(t, folder, ['convert', ...allow, disk, 'new.raw'], refusal);
  await assertRefused(t, folder, ['convert', ...allow, '-O', 'qcow2.gz', disk, '-'], refusal);
  await assertRefused(t, folder, ['map', ...allow, disk], refusal);
  await assertRefused(t, folder, ['compare', ...allow, 'secret', disk], { ...refusal, status: 2 });
}

const outside =
  /vm\/disk\.qcow2: names the file '.*', which does not lead to a file within the folder .*\/vm; /;

test('a backing file by its whole path', async (t) => {
  await using site = await makeSite();
  for (const name of [
    site.folder.at('secret'),
    '/etc/passwd',
    '/dev/zero',
    '/proc/self/mem',
    '/no/such/file',
  ]) {
    await makeOverlay(site.at('disk.qcow2'), name);
    await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', outside);
  }
});

test('a backing file by way of ..', async (t) => {
  await using site = await makeSite();
  await mkdir(site.at('sub'));
  for (const name of ['../secret', 'sub/../../secret', 'none/../../secret', './/..//secret', '..']) {
    await makeOverlay(site.at('disk.qcow2'), name);
    await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', outside);
  }
});

test('a backing file by way of a symbolic link', async (t) => {
  await using site = await makeSite();
  await symlink('../secret', site.at('file'));
  await symlink('..', site.at('folder'));
  await symlink('file', site.at('twice'));
  await symlink('loop', site.at('loop'));
  for (const name of ['file', 'folder/secret', 'twice', 'loop', '/proc/self/cwd/secret']) {
    await makeOverlay(site.at('disk.qcow2'), name);
    await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', outside);
  }
});

test('a folder whose name begins as that of the image', async (t) => {
  await using site = await makeSite();
  await mkdir(site.folder.at('vm-of-another'));
  await writeFile(site.folder.at('vm-of-another/disk'), secret);
  await makeOverlay(site.at('disk.qcow2'), '../vm-of-another/disk');
  await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', outside);
});

test('the folder that is named is no larger than it is', async (t) => {
  await using site = await makeSite();
  await mkdir(site.at('sub'));
  await writeFile(site.at('beside'), secret);
  await makeOverlay(site.at('disk.qcow2'), 'beside');
  const within = /which does not lead to a file within the folder .*\/vm\/sub; /;
  await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', within, ['--external-folder', 'vm/sub']);
});

const protocols = [
  'json:{"driver":"file","filename":"beside"}',
  'json:{}',
  'nbd://localhost:10809/disk',
  'nbd+unix:///?socket=beside',
  'file:beside',
  'fat:.',
  'https://localhost/disk.raw',
  'host_device:/dev/zero',
];

test('names that qemu would understand as more than names', async (t) => {
  await using site = await makeSite();
  await writeFile(site.at('beside'), secret);
  for (const name of protocols) {
    await makeOverlay(site.at('disk.qcow2'), name);
    await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', /which is not a path; only plain files are read/);
  }
});

test('an image that is its own backing file', async (t) => {
  await using site = await makeSite();
  const chain = /names the file '.*', which is in the chain already; a chain must come to an end/;
  for (const format of ['qcow2', 'raw']) {
    await makeOverlay(site.at('disk.qcow2'), 'disk.qcow2', format);
    await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', chain);
  }
  // By other names.
  await makeOverlay(site.at('disk.qcow2'), 'other.qcow2', 'qcow2');
  await link(site.at('disk.qcow2'), site.at('other.qcow2'));
  await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', chain);
  await rm(site.at('other.qcow2'));
  await symlink('disk.qcow2', site.at('other.qcow2'));
  await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', chain);
});

test('two images that are the backing files of each other', async (t) => {
  await using site = await makeSite();
  await makeOverlay(site.at('disk.qcow2'), 'two.qcow2', 'qcow2');
  await makeOverlay(site.at('two.qcow2'), 'disk.qcow2', 'qcow2');
  await assertNotFollowed(
    t,
    site,
    'QCOW2_EXTERNAL_FILE',
    /vm\/two\.qcow2: names the file '.*disk\.qcow2', which is in the chain already/,
  );
});

test('a chain of one image too many', async (t) => {
  await using site = await makeSite();
  await makeRaw(site.at('64'), 4 * mebibyte, [{ offsetBytes: 0, bytes: noise(mebibyte) }]);
  for (let index = 1; index < 64; ++index) {
    await makeOverlay(site.at(`${index}`), `${index + 1}`, index === 63 ? 'raw' : 'qcow2');
  }
  const allowed = ['convert', '--verify', '--allow-external', 'vm/1', 'new.raw'];
  const { status, stderr } = await runBounded(allowed, { cwd: site.folder.path });
  t.is(status, 0, stderr);
  t.true((await readFile(site.folder.at('new.raw'))).equals(await readFile(site.at('64'))));
  await rm(site.folder.at('new.raw'));
  await makeOverlay(site.at('disk.qcow2'), '1', 'qcow2');
  await assertNotFollowed(
    t,
    site,
    'QCOW2_EXTERNAL_FILE',
    /vm\/63: names a backing file \('64'\) behind 64 images, which is the most/,
  );
});

test('a FIFO, a folder, a socket or a device as backing file', async (t) => {
  await using site = await makeSite();
  // Whoever opens it waits for ever.
  execFileSync('mkfifo', [site.at('fifo')]);
  await mkdir(site.at('folder'));
  const bind = 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';
  execFileSync('python3', ['-c', bind, site.at('socket')]);
  for (const name of ['fifo', 'folder', 'socket']) {
    await makeOverlay(site.at('disk.qcow2'), name);
    await assertNotFollowed(t, site, 'IO_NOT_A_FILE', new RegExp(`vm/${name}: is not a regular file`));
  }
  for (const name of ['/dev/zero', '/dev/stdin', '/dev/full']) {
    await makeOverlay(site.at('disk.qcow2'), name);
    const codes = /\[(IO_NOT_A_FILE|QCOW2_EXTERNAL_FILE)\]\n$/;
    const args = ['convert', '--external-folder', '/dev', 'vm/disk.qcow2', 'new.raw'];
    const { status, stderr } = await runBounded(args, { cwd: site.folder.path });
    t.is(status, 1);
    t.regex(stderr, codes);
  }
});

test('a raw backing file into which its machine has written a qcow2 header', async (t) => {
  await using site = await makeSite();
  await writeFile(site.at('beside'), secret.padEnd(4 * mebibyte, '.'));
  await makeOverlay(site.at('guest.raw'), 'beside');
  execFileSync('truncate', ['-s', `${4 * mebibyte}`, site.at('guest.raw')]);
  await makeOverlay(site.at('disk.qcow2'), 'guest.raw', 'raw');
  const cwd = site.folder.path;
  const args = ['convert', '--verify', '--allow-external', 'vm/disk.qcow2', 'new.raw'];
  t.is((await runBounded(args, { cwd })).status, 0);
  const bytes = await readFile(site.folder.at('new.raw'));
  t.true(bytes.equals(await readFile(site.at('guest.raw'))));
  t.false(bytes.includes(secret));
});

test('a backing file of no format is not looked into to find one', async (t) => {
  await using site = await makeSite();
  await makeOverlay(site.at('base'), '../secret');
  const path = site.at('disk.qcow2');
  await makeOverlay(path, 'base', 'qcow2');
  // What is no longer known is skipped by every reader.
  const bytes = await readFile(path);
  await patchFile(path, bytes.indexOf(Buffer.from([0xe2, 0x79, 0x2a, 0xca])), Buffer.from([1, 2, 3, 4]));
  await assertNotFollowed(
    t,
    site,
    'QCOW2_EXTERNAL_FILE',
    /vm\/disk\.qcow2: names a backing file \('base'\) without its format, which is never guessed; .*rebase -u/,
  );
});

test('a backing file of a format that is not read', async (t) => {
  await using site = await makeSite();
  await writeFile(site.at('base'), secret);
  for (const format of ['vmdk', 'luks', 'nbd', 'blkdebug', 'vvfat']) {
    await makeOverlay(site.at('disk.qcow2'), 'base', format);
    const says = new RegExp(
      `names a backing file \\('base'\\) of format '${format}'; raw and qcow2 are read`,
    );
    await assertNotFollowed(t, site, 'QCOW2_UNSUPPORTED_FEATURE', says);
  }
});

test('what must not be read of an image must not be read of a backing file', async (t) => {
  await using site = await makeSite();
  await makeOverlay(site.at('disk.qcow2'), 'base', 'qcow2');
  const base = async (offset: number, bytes: Uint8Array) => {
    await qemuImg('create', '-q', '-f', 'qcow2', site.at('base'), '4M');
    await patchFile(site.at('base'), offset, bytes);
  };
  await base(cryptMethod, Buffer.from([0, 0, 0, 2]));
  await assertNotFollowed(t, site, 'QCOW2_UNSUPPORTED_FEATURE', /vm\/base: needs decryption \(LUKS\)/);
  await base(incompatibleFeatures, be64(1n << 40n));
  await assertNotFollowed(
    t,
    site,
    'QCOW2_UNSUPPORTED_FEATURE',
    /vm\/base: needs incompatible feature bit 40/,
  );
  await base(incompatibleFeatures, be64(2n));
  await assertNotFollowed(t, site, 'QCOW2_CORRUPT', /vm\/base: is marked corrupt/);
  await base(0, Buffer.from('no qcow2'));
  await assertNotFollowed(t, site, 'QCOW2_BAD_HEADER', /vm\/base: does not begin with the qcow2 magic/);
  await base(40, be64(1n << 40n));
  await assertNotFollowed(t, site, 'QCOW2_TRUNCATED', /vm\/base: L1 table .* past the end of the file/);
});

test('an image within gzip or from a stream has no folder', async (t) => {
  await using site = await makeSite();
  await writeFile(site.at('base'), secret.padEnd(4 * mebibyte, '.'));
  await makeOverlay(site.at('disk.qcow2'), 'base');
  execFileSync('gzip', ['-n', site.at('disk.qcow2')]);
  const refusal = {
    code: 'QCOW2_EXTERNAL_FILE',
    says: /is not read for an image within gzip or from a/,
  } as const;
  for (const allow of [['--allow-external'], ['--external-folder', 'vm'], ['--external-folder', '.']]) {
    const args = ['convert', ...allow, 'vm/disk.qcow2.gz', 'new.raw'];
    await assertRefused(t, site.folder, args, { ...refusal, run: runBounded });
  }
  const input = await readFile(site.at('disk.qcow2.gz'));
  const args = ['convert', '--allow-external', '-f', 'qcow2.gz', '-', 'new.raw'];
  await assertRefused(t, site.folder, args, { ...refusal, input });
});

test('a data file that is not in the folder, or no file', async (t) => {
  await using site = await makeSite();
  for (const name of [site.folder.at('secret'), '../secret', '/etc/passwd']) {
    await makeDataImage(site, name);
    await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', outside);
  }
  await makeDataImage(site, 'json:{"filename":"secret"}');
  await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', /which is not a path; only plain files are read/);
  execFileSync('mkfifo', [site.at('fifo')]);
  await makeDataImage(site, 'fifo');
  await assertNotFollowed(t, site, 'IO_NOT_A_FILE', /vm\/fifo: is not a regular file/);
  await makeDataImage(site, 'disk.qcow2');
  await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', /which is in the chain already/);
  await makeDataImage(site, '');
  await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', /in an external file that it does not name/);
});

test('a data file from which a cluster of another place is wanted', async (t) => {
  await using site = await makeSite();
  const path = site.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${site.at('data')}`, path, '4M');
  await qemuIo(path, 'qcow2', 'write -P 0x2e 0 128k');
  const bytes = await readFile(path);
  const l1Table = Number(bytes.readBigUInt64BE(40));
  const l2Table = Number(bytes.readBigUInt64BE(l1Table) & 0x00ff_ffff_ffff_fe00n);
  for (const entry of [(1n << 63n) | 0x30000n, 1n << 63n, (1n << 63n) | (1n << 50n)]) {
    await patchFile(path, l2Table + 8, be64(entry));
    const args = ['convert', '--allow-external', 'vm/disk.qcow2', 'new.raw'];
    const says = /the data for guest offset 65536 is at byte \d+ of the data file, where only its own/;
    await assertRefused(t, site.folder, args, { code: 'QCOW2_CORRUPT', says, run: runBounded });
  }
});

test('a chain of large clusters takes no more memory than one image', async (t) => {
  await using site = await makeSite();
  const path = site.at('1');
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=2M', path, '128M');
  // Every one has an L2 table of 2 MiB, and a compressed cluster of 2 MiB that shows.
  for (let index = 1; index <= 60; ++index) {
    const name = site.at(`${index}`);
    if (index > 1) {
      const behind = ['-u', '-b', `${index - 1}`, '-F', 'qcow2'];
      await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=2M', ...behind, name, '128M');
    }
    // Without what is behind it, which need not be opened for a whole cluster.
    const image = { driver: 'qcow2', file: { driver: 'file', filename: name }, backing: null };
    await succeed('qemu-io', '-c', `write -c -P ${index} ${index * 2}M 2M`, `json:${JSON.stringify(image)}`);
  }
  const args = ['convert', '--verify', '--allow-external', 'vm/60', 'new.qcow2.gz'];
  const { status, stderr } = await runBounded(args, { cwd: site.folder.path });
  t.is(status, 0, stderr);
});

test('a long gap over very many extents is not looked through for each of them', async (t) => {
  await using site = await makeSite();
  const tiny = ['-o', 'cluster_size=512'];
  await qemuImg('create', '-q', '-f', 'qcow2', ...tiny, site.at('base'), '8M');
  const commands = Array.from({ length: 8192 }, (_, index) => `write -z ${index * 1024} 512`);
  await qemuIo(site.at('base'), 'qcow2', ...commands);
  // An L1 table of a million entries each, all open.
  let backing = 'base';
  for (const name of ['a', 'b', 'disk.qcow2']) {
    const behind = ['-u', '-b', backing, '-F', 'qcow2'];
    await qemuImg('create', '-q', '-f', 'qcow2', ...tiny, ...behind, site.at(name), '32G');
    backing = name;
  }
  const args = ['map', '--json', '--allow-external', 'vm/disk.qcow2'];
  const { status, stdout, stderr } = await runBounded(args, { cwd: site.folder.path });
  t.is(status, 0, stderr);
  t.is(stdout.split('\n').length, 2 * 8192 + 2);
});

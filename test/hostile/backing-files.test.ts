import { execFileSync } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import test from 'ava';
import { runBounded } from '../helpers/bounded.js';
import { assertNotFollowed, makeOverlay, makeSite, outside, secret } from '../helpers/external-site.js';
import { be64, patchFile } from '../helpers/patch.js';
import { qemuImg } from '../helpers/qemu.js';
import { assertRefused } from '../helpers/refusal.js';

// With --allow-external: what an image may not do even then.

const incompatibleFeatures = 72;
const cryptMethod = 32;
const mebibyte = 1024 * 1024;

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

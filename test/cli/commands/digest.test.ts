import { execFileSync } from 'node:child_process';
import { truncate } from 'node:fs/promises';
import test from 'ava';
import { runCli } from '../../helpers/cli.js';
import { makeFolder } from '../../helpers/folder.js';
import { guestDigestByQemu } from '../../helpers/guest-digest.js';
import { makeRaw, noise, prose } from '../../helpers/images.js';
import { assertRefused } from '../../helpers/refusal.js';

const sizeBytes = 9 * 1024 * 1024;
const islands = [
  { offsetBytes: 0, bytes: prose(100_000) },
  { offsetBytes: 5_000_000, bytes: noise(300_000) },
];

test('a line for each image, as sha256sum prints it', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeRaw(folder.at('disk.raw'), sizeBytes, islands);
  const expected = await guestDigestByQemu(raw, 'raw');
  const converted = await runCli(['convert', '--digest', 'disk.raw', 'disk.qcow2.gz'], { cwd: folder.path });
  t.is(converted.status, 0);
  t.regex(converted.stdout, new RegExp(`, guest digest ${expected}\n$`));
  const { status, stdout, stderr } = await runCli(['digest', 'disk.raw', 'disk.qcow2.gz'], {
    cwd: folder.path,
  });
  t.deepEqual([status, stderr], [0, '']);
  t.is(stdout, `${expected}  disk.raw\n${expected}  disk.qcow2.gz\n`);
});

test('of a disk of one segment, sha256sum makes the same', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 1024 * 1024, [{ offsetBytes: 5, bytes: noise(1000) }]);
  const script =
    'printf "$(sha256sum disk.raw | cut -c -64 | sed "s/../\\\\\\\\x&/g")" | sha256sum | cut -c -64';
  const expected = execFileSync('bash', ['-c', script], { cwd: folder.path, encoding: 'utf8' });
  const { stdout } = await runCli(['digest', 'disk.raw'], { cwd: folder.path });
  t.is(stdout, `${expected.trim()}  disk.raw\n`);
});

test('as JSON', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeRaw(folder.at('disk.raw'), sizeBytes, islands);
  const digest = await guestDigestByQemu(raw, 'raw');
  const one = await runCli(['digest', '--json', 'disk.raw'], { cwd: folder.path });
  t.deepEqual(JSON.parse(one.stdout), { filename: 'disk.raw', 'guest-digest': digest });
  const two = await runCli(['digest', '--json', 'disk.raw', 'disk.raw'], { cwd: folder.path });
  t.deepEqual(JSON.parse(two.stdout), [JSON.parse(one.stdout), JSON.parse(one.stdout)]);
  const converted = await runCli(['convert', '--json', '--digest', 'disk.raw', 'new.raw'], {
    cwd: folder.path,
  });
  t.is(JSON.parse(converted.stdout)['guest-digest'], digest);
  const without = await runCli(['convert', '--json', 'disk.raw', 'other.raw'], { cwd: folder.path });
  t.false('guest-digest' in JSON.parse(without.stdout));
});

test('an image that cannot be read does not keep the others from being read', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), sizeBytes, islands);
  const args = ['digest', 'missing.raw', 'disk.raw'];
  const { status, stdout, stderr } = await runCli(args, { cwd: folder.path });
  t.is(status, 1);
  t.regex(stdout, /^[0-9a-f]{64} {2}disk\.raw\n$/);
  t.regex(stderr, /^error: digest: missing\.raw: [^\n]* \[IO_NOT_FOUND\]\n$/);
  await assertRefused(t, folder, ['digest', 'missing.raw'], { code: 'IO_NOT_FOUND' });
});

test('a name that would drive a terminal is shown and not sent', async (t) => {
  await using folder = await makeFolder();
  const name = 'a\u001b[2Jb\nc.raw';
  await makeRaw(folder.at(name), 1000);
  const { stdout } = await runCli(['digest', name], { cwd: folder.path });
  t.is(stdout.split('\n').length, 2);
  t.false(stdout.includes('\u001b'));
});

test('another decoder', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), sizeBytes, islands);
  await runCli(['convert', 'disk.raw', 'disk.raw.gz'], { cwd: folder.path });
  const plain = await runCli(['digest', 'disk.raw'], { cwd: folder.path });
  const other = await runCli(['digest', '--inflater', 'zlib', 'disk.raw.gz'], { cwd: folder.path });
  t.is(other.status, 0, other.stderr);
  t.is(other.stdout.slice(0, 64), plain.stdout.slice(0, 64));
  const wrong = await runCli(['digest', '--inflater', 'libdeflate', 'disk.raw.gz'], { cwd: folder.path });
  t.is(wrong.status, 2);
  t.regex(wrong.stderr, /--inflater.*Allowed choices are isal, zlib/);
});

test('a damaged file leaves nothing of its content behind', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), sizeBytes, islands);
  await runCli(['convert', 'disk.raw', 'disk.raw.gz'], { cwd: folder.path });
  await truncate(folder.at('disk.raw.gz'), 200_000);
  for (const flags of [[], ['--inflater', 'zlib']]) {
    await assertRefused(t, folder, ['digest', ...flags, 'disk.raw.gz'], {
      code: 'GZIP_TRUNCATED',
      says: /: disk\.raw\.gz: ends [^\n]* cut short/,
    });
  }
});

import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { runCli } from '../../helpers/cli.js';
import { type Folder, makeFolder } from '../../helpers/folder.js';
import { makeRaw, prose } from '../../helpers/images.js';
import { be64, patchFile } from '../../helpers/patch.js';
import { qemuImg, qemuIo } from '../../helpers/qemu.js';
import { assertRefused } from '../../helpers/refusal.js';

const blockEntryBytes = 2;

/** A qcow2 with clusters of 64 KiB, of which the first is the header and the third the refcount block. */
async function makeImage(folder: Folder, name: string): Promise<string> {
  const path = folder.at(name);
  await qemuImg('create', '-q', '-f', 'qcow2', path, '4M');
  await qemuIo(path, 'qcow2', 'write 0 100k', 'write -c 1M 64k');
  return path;
}

/** Gives a host cluster another refcount. */
async function setRefcount(path: string, cluster: number, refcount: number): Promise<void> {
  await patchFile(path, 2 * 65536 + cluster * blockEntryBytes, Uint8Array.of(refcount >> 8, refcount & 255));
}

async function assertLikeQemu(t: ExecutionContext, folder: Folder, name: string): Promise<number> {
  const args = ['check', '-f', 'qcow2', '--output=json', name];
  const theirs = spawnSync('qemu-img', args, { cwd: folder.path, encoding: 'utf8' });
  const ours = await runCli(['check', '--json', name], { cwd: folder.path });
  t.is(ours.status, theirs.status ?? -1, ours.stderr);
  // Its own output has the same keys, and leaves out the same.
  t.deepEqual(JSON.parse(ours.stdout), JSON.parse(theirs.stdout));
  return Number(ours.status);
}

test('the same JSON and the same status as qemu-img', async (t) => {
  await using folder = await makeFolder();
  const path = await makeImage(folder, 'a.qcow2');
  t.is(await assertLikeQemu(t, folder, 'a.qcow2'), 0);
  await setRefcount(path, 0, 2);
  t.is(await assertLikeQemu(t, folder, 'a.qcow2'), 3);
  await setRefcount(path, 1, 0);
  t.is(await assertLikeQemu(t, folder, 'a.qcow2'), 2);
  await patchFile(path, 65536, be64(512n));
  t.is(await assertLikeQemu(t, folder, 'a.qcow2'), 1);
});

test('the answer for people', async (t) => {
  await using folder = await makeFolder();
  const path = await makeImage(folder, 'a.qcow2');
  const facts =
    'clusters: 3 of 64 allocated (4.69%), 33.33% fragmented, 33.33% compressed\nimage end: 512 KiB (524288 bytes)\n';
  const clean = await runCli(['check', path]);
  t.deepEqual(
    [clean.status, clean.stdout, clean.stderr],
    [0, `clean: no corruptions, no leaks\n${facts}`, ''],
  );
  await setRefcount(path, 0, 2);
  const leaks = await runCli(['check', path]);
  const leaked = 'cluster 0 at byte 0 has refcount 2 and 1 reference: leaked\nnot clean: 1 leaked cluster\n';
  const advice = "leaks cost room, no data; 'qemu-img check -r leaks' gives it back\n";
  t.deepEqual([leaks.status, leaks.stdout, leaks.stderr], [3, `${leaked}${advice}${facts}`, '']);
  await setRefcount(path, 1, 0);
  const corrupt = await runCli(['check', path]);
  t.is(corrupt.status, 2);
  t.regex(
    corrupt.stdout,
    /\ncluster 1 at byte 65536 has refcount 0 and 1 reference\ncorrupt: 1 corruption, 1 l/,
  );
});

test('no more than a hundred faults are named', async (t) => {
  await using folder = await makeFolder();
  const path = await makeImage(folder, 'a.qcow2');
  const handle = Buffer.alloc(4096, 255);
  await patchFile(path, 4 * 65536, handle);
  const { status, stdout } = await runCli(['check', path]);
  t.is(status, 2);
  const lines = stdout.trimEnd().split('\n');
  t.is(lines.length, 100 + 5);
  t.is(lines[100], 'and more: these are the first 100');
});

test('.gz of both formats', async (t) => {
  await using folder = await makeFolder();
  const path = await makeImage(folder, 'a.qcow2');
  await makeRaw(folder.at('a.raw'), 300_000, [{ offsetBytes: 0, bytes: prose(200_000) }]);
  for (const name of ['a.qcow2', 'a.raw']) {
    await writeFile(folder.at(`${name}.gz`), gzipSync(await readFile(folder.at(name))));
    t.is((await runCli(['check', `${name}.gz`], { cwd: folder.path })).status, 0);
  }
  const raw = await runCli(['check', '--json', 'a.raw.gz'], { cwd: folder.path });
  t.deepEqual(JSON.parse(raw.stdout), { 'check-errors': 0, filename: 'a.raw.gz', format: 'raw' });
  const text = await runCli(['check', 'a.raw.gz'], { cwd: folder.path });
  t.is(text.stdout, 'clean: the gzip data is whole and its checksums are right\n');
  await setRefcount(path, 0, 2);
  await writeFile(folder.at('b.gz'), gzipSync(await readFile(path)));
  const leaks = await runCli(['check', '--json', 'b.gz'], { cwd: folder.path });
  t.is(leaks.status, 3);
  t.is(JSON.parse(leaks.stdout).leaks, 1);
});

test('a damaged .gz is corrupt', async (t) => {
  await using folder = await makeFolder();
  const bytes = gzipSync(prose(200_000));
  await writeFile(folder.at('cut.raw.gz'), bytes.subarray(0, -9));
  await assertRefused(t, folder, ['check', 'cut.raw.gz'], {
    code: 'GZIP_TRUNCATED',
    status: 2,
    says: /cut\.raw/,
  });
  bytes[bytes.length - 8] = Number(bytes[bytes.length - 8]) ^ 1;
  await writeFile(folder.at('crc.raw.gz'), bytes);
  await assertRefused(t, folder, ['check', 'crc.raw.gz'], { code: 'GZIP_CHECKSUM_MISMATCH', status: 2 });
});

test('what cannot be checked, and bad usage, is never taken for a corrupt image', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), 4096);
  await assertRefused(t, folder, ['check', 'a.raw'], {
    code: 'FORMAT_UNSUPPORTED',
    says: /check: a\.raw: raw has/,
  });
  await assertRefused(t, folder, ['check', 'gone.qcow2'], { code: 'IO_NOT_FOUND' });
  await assertRefused(t, folder, ['check', '-f', 'qcow2', 'a.raw'], { code: 'QCOW2_BAD_HEADER' });
  await assertRefused(t, folder, ['check'], { code: 'ARGUMENT_INVALID' });
  await assertRefused(t, folder, ['check', '--frobnicate', 'a.raw'], { code: 'ARGUMENT_INVALID' });
});

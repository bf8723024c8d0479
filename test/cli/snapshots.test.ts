import test from 'ava';
import { runCli } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw } from '../helpers/images.js';
import { be32, be64, patchFile } from '../helpers/patch.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { assertRefused } from '../helpers/refusal.js';

// Offsets in the header.
const snapshotCount = 60;
const snapshotsOffset = 64;
const incompatibleFeatures = 72;

async function makeWithSnapshot(folder: Folder): Promise<string> {
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', path, '4M');
  await qemuIo(path, 'qcow2', 'write -P 0x11 1M 128k');
  await qemuImg('snapshot', '-c', 'old one', path);
  await qemuIo(path, 'qcow2', 'write -P 0x22 1M 128k');
  return path;
}

test('convert, compare and info with a snapshot', async (t) => {
  await using folder = await makeFolder();
  await makeWithSnapshot(folder);
  const run = (...args: string[]) => runCli(args, { cwd: folder.path });
  t.is((await run('convert', '--snapshot', 'old one', 'disk.qcow2', 'old.raw')).status, 0);
  t.is((await run('compare', '--snapshot-b', '1', 'old.raw', 'disk.qcow2')).status, 0);
  t.is((await run('compare', '--snapshot-a', 'old one', 'disk.qcow2', 'old.raw')).status, 0);
  t.is((await run('compare', 'disk.qcow2', 'old.raw')).status, 1);
  const { stdout } = await run('info', 'disk.qcow2');
  t.regex(
    stdout,
    /\n {2}snapshots {6}1\n {2}snapshot 1 {5}old one, taken \d{4}-\d\d-\d\dT[\d:.]+Z, disk of 4 MiB\n/,
  );
});

test('a snapshot that is not there', async (t) => {
  await using folder = await makeFolder();
  await makeWithSnapshot(folder);
  await makeRaw(folder.at('a.raw'), 4096);
  const code = 'ARGUMENT_INVALID';
  await assertRefused(t, folder, ['convert', '--snapshot', 'new', 'disk.qcow2', 'new.raw'], {
    code,
    says: /disk\.qcow2: has no snapshot with the id or the name 'new'; it has 1 \('old one'\)/,
    status: 2,
  });
  for (const target of ['new.raw', 'new.qcow2.gz']) {
    await assertRefused(t, folder, ['convert', '--snapshot', '1', 'a.raw', target], {
      code,
      says: /a\.raw: is raw, which has no snapshots/,
      status: 2,
    });
  }
  await assertRefused(t, folder, ['compare', '--snapshot-b', '1', 'disk.qcow2', 'a.raw'], {
    code,
    says: /a\.raw: is raw, which has no snapshots/,
    status: 2,
  });
});

test('a snapshot table that lies', async (t) => {
  await using folder = await makeFolder();
  const path = await makeWithSnapshot(folder);
  await patchFile(path, snapshotCount, be32(65_537));
  const says = /disk\.qcow2: header field nb_snapshots is 65537; allowed is at most 65536/;
  await assertRefused(t, folder, ['info', 'disk.qcow2'], { code: 'QCOW2_BAD_HEADER', says });
  await patchFile(path, snapshotCount, be32(1));
  await patchFile(path, snapshotsOffset, be64(1n << 40n));
  for (const args of [
    ['info', 'disk.qcow2'],
    ['convert', 'disk.qcow2', 'new.raw'],
    ['convert', '--snapshot', '1', 'disk.qcow2', 'new.raw'],
  ]) {
    await assertRefused(t, folder, args, {
      code: 'QCOW2_TRUNCATED',
      says: /disk\.qcow2: snapshot table entry 0 ends at byte/,
    });
  }
});

test('an image that is marked corrupt is read when asked to', async (t) => {
  await using folder = await makeFolder();
  await patchFile(await makeWithSnapshot(folder), incompatibleFeatures, be64(2n));
  const run = (...args: string[]) => runCli(args, { cwd: folder.path });
  t.is((await run('convert', '--force-corrupt', 'disk.qcow2', 'new.raw')).status, 0);
  t.is((await run('compare', '--force-corrupt', 'disk.qcow2', 'new.raw')).status, 0);
  await assertRefused(t, folder, ['compare', 'disk.qcow2', 'new.raw'], {
    code: 'QCOW2_CORRUPT',
    says: /marked corrupt.*--force-corrupt/,
    status: 2,
  });
});

import { stat, truncate } from 'node:fs/promises';
import test from 'ava';
import { runCli } from '../helpers/cli.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';
import { checkClean, compareWithQemu, qemuImg } from '../helpers/qemu.js';
import { assertRefused } from '../helpers/refusal.js';

const MiB = 1024 * 1024;

test('a disk as long as the volume that it becomes', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeRaw(folder.at('disk.raw'), 3 * MiB + 100, [{ offsetBytes: 0, bytes: noise(MiB) }]);
  const longer = folder.at('longer.raw');
  await qemuImg('convert', '-f', 'raw', '-O', 'raw', raw, longer);
  for (const [flags, sizeBytes, says] of [
    [['--pad', '1GiB'], 1024 * MiB, 'disk of 1 GiB'],
    [['--pad-to', '10g'], 10_240 * MiB, 'disk of 10 GiB'],
    [['--pad-to', '4194304'], 4 * MiB, 'disk of 4 MiB'],
    [['--pad-to', '1T', '-c'], 2 ** 40, 'disk of 1 TiB'],
  ] as const) {
    const args = ['convert', '--force', '--verify', ...flags, 'disk.raw', 'new.qcow2'];
    const { status, stdout, stderr } = await runCli(args, { cwd: folder.path });
    t.is(status, 0, stderr);
    t.true(stdout.includes(says), stdout);
    await truncate(longer, sizeBytes);
    await checkClean(folder.at('new.qcow2'));
    await t.notThrowsAsync(compareWithQemu(folder.at('new.qcow2'), 'qcow2', longer, 'raw'));
  }
  const json = await runCli(['convert', '--json', '--pad', '4M', 'disk.raw', 'new.raw'], {
    cwd: folder.path,
  });
  t.is(JSON.parse(json.stdout)['virtual-size'], 4 * MiB);
  t.is((await stat(folder.at('new.raw'))).size, 4 * MiB);
});

test('a disk is not cut', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 3 * MiB + 100);
  await assertRefused(t, folder, ['convert', '--pad-to', '3M', 'disk.raw', 'new.qcow2'], {
    code: 'ARGUMENT_INVALID',
    status: 2,
    says: /: disk\.raw: is a disk of 3146240 bytes, which is not cut to 3145728; choose a size of at least that/,
  });
});

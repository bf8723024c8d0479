import { copyFile, readFile, truncate } from 'node:fs/promises';
import test from 'ava';
import { runBounded } from '../helpers/bounded.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { qemuImg } from '../helpers/qemu.js';

/**
 * What a guest can make of its own raw disk: a qcow2 that names a file of the host. Whoever probes it reads the
 * host's file instead of the disk.
 */
async function makeGuestDisk(folder: Folder): Promise<Buffer> {
  const path = folder.at('disk.img');
  await qemuImg('create', '-q', '-f', 'qcow2', '-u', '-b', '/etc/passwd', '-F', 'raw', path, '64M');
  await truncate(path, 256 * 1024);
  return await readFile(path);
}

test('a raw disk that begins like a qcow2 stays raw when -f says so', async (t) => {
  await using folder = await makeFolder();
  const bytes = await makeGuestDisk(folder);
  const run = async (...args: string[]) => {
    const { status, stdout, stderr } = await runBounded(args, { cwd: folder.path });
    t.is(status, 0, `${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  t.like(JSON.parse(await run('info', '--json', '-f', 'raw', 'disk.img')), {
    format: 'raw',
    'virtual-size': bytes.length,
  });
  const map = JSON.parse(await run('map', '--json', '-f', 'raw', 'disk.img')) as { length: number }[];
  t.is(
    map.reduce((sum, { length }) => sum + length, 0),
    bytes.length,
  );

  for (const target of ['new.raw', 'new.raw.gz', 'new.qcow2', 'new.qcow2.gz']) {
    await run('convert', '--verify', '-f', 'raw', 'disk.img', target);
    const formatOfTarget = target.slice('new.'.length);
    t.is(await run('compare', '-f', 'raw', '-F', formatOfTarget, 'disk.img', target), 'identical\n');
    await run('convert', '--force', '-f', formatOfTarget, target, 'back.raw');
    t.true((await readFile(folder.at('back.raw'))).equals(bytes), target);
  }
  // Within a qcow2 nothing is probed: what is the disk's stays the disk's.
  await run('convert', '--force', 'new.qcow2', 'back.raw');
  t.true((await readFile(folder.at('back.raw'))).equals(bytes));
});

test('the same disk without -f is taken for what it looks like, and its other file is not opened', async (t) => {
  await using folder = await makeFolder();
  await makeGuestDisk(folder);
  await copyFile(folder.at('disk.img'), folder.at('disk.raw'));
  for (const name of ['disk.img', 'disk.raw']) {
    for (const args of [
      ['convert', name, 'new.qcow2'],
      ['map', name],
      ['compare', name, name],
    ]) {
      const { status, stdout, stderr } = await runBounded(args, { cwd: folder.path });
      t.not(status, 0);
      t.is(stdout, '');
      t.regex(stderr, /\[QCOW2_EXTERNAL_FILE\]\n$/);
    }
  }
});

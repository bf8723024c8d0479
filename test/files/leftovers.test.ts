import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, open, readdir, symlink, writeFile } from 'node:fs/promises';
import test from 'ava';
import { isTemporaryName, removeLeftovers } from '../../src/files/leftovers.js';
import { TargetFile } from '../../src/files/target-file.js';
import { createTemporaryFile } from '../../src/files/temporary-files.js';
import { addon } from '../../src/native/addon.js';
import { makeFolder } from '../helpers/folder.js';

const dead = '.disk.raw.omiforge-1-0123456789ab.part';

test('names of temporary files, and names that only look like them', (t) => {
  for (const name of [dead, '.omiforge-spill-77-0123456789ab', '.a\nb.omiforge-1-0123456789ab.part']) {
    t.true(isTemporaryName(name), name);
  }
  for (const name of [
    'disk.raw',
    'disk.raw.omiforge-1-0123456789ab.part',
    '.disk.raw.omiforge-1-0123456789ab',
    '.disk.raw.omiforge-1-0123456789AB.part',
    '.omiforge-spill-77-0123456789ab.part',
    '.omiforge-spill-x-0123456789ab',
    '.part',
  ]) {
    t.false(isTemporaryName(name), name);
  }
});

test('what nobody holds is removed when a new file is begun, and nothing else', async (t) => {
  await using folder = await makeFolder();
  for (const name of [dead, '.omiforge-spill-1-0123456789ab', 'disk.raw', '.hidden.part']) {
    await writeFile(folder.at(name), 'content');
  }
  await using file = await TargetFile.create(folder.at('new.raw'), { replace: false, durable: false });
  const names = (await readdir(folder.path)).filter((name) => !file.temporaryPath.endsWith(name));
  t.deepEqual(names.sort(), ['.hidden.part', 'disk.raw']);
});

test('a file in use stays, in this process or another, whatever its number says', async (t) => {
  await using folder = await makeFolder();
  await using target = await TargetFile.create(folder.at('new.raw'), { replace: false, durable: false });
  const spill = await createTemporaryFile(folder.path, 'spill', 0o600);
  // Another program, whose number in the name is that of no process, as one in another container.
  const lost = folder.at('.a.omiforge-4194999-0123456789ab.part');
  await writeFile(lost, '');
  const holder = spawn('flock', [lost, 'sh', '-c', 'echo held; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');

  await removeLeftovers(folder.path);
  t.is((await readdir(folder.path)).length, 3);
  await spill.handle.close();
  // A process that another test is just starting has the file too, until it runs its program.
  do await removeLeftovers(folder.path);
  while ((await readdir(folder.path)).length > 2);
  t.is((await readdir(folder.path)).length, 2);
  await target.handle.writeFile('content');
  await target.commit();
  t.true((await readdir(folder.path)).includes('new.raw'));
});

test('what is no file of ours is left alone, and is no reason to fail', async (t) => {
  await using folder = await makeFolder();
  const nameOf = (index: number) => `.a.omiforge-1-00000000000${index}.part`;
  await writeFile(folder.at('precious'), 'content');
  await symlink('precious', folder.at(nameOf(1)));
  execFileSync('mkfifo', [folder.at(nameOf(2))]);
  await mkdir(folder.at(nameOf(3)));
  const before = await readdir(folder.path);
  await removeLeftovers(folder.path);
  t.deepEqual(await readdir(folder.path), before);
  await t.notThrowsAsync(removeLeftovers(folder.at('no such folder')));
  await chmod(folder.path, 0o300);
  await t.notThrowsAsync(removeLeftovers(folder.path));
  await chmod(folder.path, 0o700);
});

test('many runs that begin at once keep their files', async (t) => {
  await using folder = await makeFolder();
  const files = await Promise.all(
    Array.from({ length: 50 }, () => createTemporaryFile(folder.path, { for: 'a' }, 0o600)),
  );
  t.is((await readdir(folder.path)).length, 50);
  for (const { handle } of files) {
    t.is((await handle.stat()).nlink, 1);
    await handle.close();
  }
});

test('a lock is for open files', async (t) => {
  await using folder = await makeFolder();
  const handle = await open(folder.at('a'), 'w');
  t.true(addon.tryLock(handle.fd));
  await handle.close();
  t.throws(() => addon.tryLock(-1), { code: 'ARGUMENT_INVALID' });
});

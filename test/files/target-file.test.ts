import { link, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import test from 'ava';
import { isSameFile, TargetFile } from '../../src/files/target-file.js';
import { makeFolder } from '../helpers/folder.js';

test('the file appears with commit, and not before', async (t) => {
  await using folder = await makeFolder();
  await using file = await TargetFile.create(folder.at('a.raw'), { replace: false, durable: false });
  await file.handle.writeFile('content');
  t.deepEqual((await readdir(folder.path)).length, 1);
  await t.throwsAsync(stat(folder.at('a.raw')), { code: 'ENOENT' });
  await file.commit();
  t.is(await readFile(folder.at('a.raw'), 'utf8'), 'content');
  t.deepEqual(await readdir(folder.path), ['a.raw']);
});

test('a durable file appears, replaces and goes like any other', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('a.raw');
  for (const content of ['first', 'second']) {
    await using file = await TargetFile.create(path, { replace: true, durable: true });
    await file.handle.writeFile(content);
    await file.commit();
    t.is(await readFile(path, 'utf8'), content);
  }
  {
    await using file = await TargetFile.create(path, { replace: true, durable: true });
    await file.handle.writeFile('third');
  }
  t.is(await readFile(path, 'utf8'), 'second');
  t.deepEqual(await readdir(folder.path), ['a.raw']);
});

test('what is not committed is removed', async (t) => {
  await using folder = await makeFolder();
  {
    await using file = await TargetFile.create(folder.at('a.raw'), { replace: false, durable: false });
    await file.handle.writeFile('content');
  }
  t.deepEqual(await readdir(folder.path), []);
});

test('an existing file is refused, or replaced at the very end', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('a.raw');
  await writeFile(path, 'old');
  await t.throwsAsync(TargetFile.create(path, { replace: false, durable: false }), {
    code: 'TARGET_EXISTS',
  } as object);
  await using file = await TargetFile.create(path, { replace: true, durable: false });
  await file.handle.writeFile('new');
  t.is(await readFile(path, 'utf8'), 'old');
  await file.commit();
  t.is(await readFile(path, 'utf8'), 'new');
});

test('a file that has appeared meanwhile is not replaced', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('a.raw');
  {
    await using file = await TargetFile.create(path, { replace: false, durable: false });
    await writeFile(path, 'from another program');
    await t.throwsAsync(file.commit(), { code: 'TARGET_EXISTS' } as object);
  }
  t.is(await readFile(path, 'utf8'), 'from another program');
  t.deepEqual(await readdir(folder.path), ['a.raw']);
});

test('a symbolic link stays one, and what it points to is replaced', async (t) => {
  await using folder = await makeFolder();
  await mkdir(folder.at('elsewhere'));
  await writeFile(folder.at('elsewhere/real.raw'), 'old');
  await symlink('elsewhere/real.raw', folder.at('a.raw'));
  await using file = await TargetFile.create(folder.at('a.raw'), { replace: true, durable: false });
  await file.handle.writeFile('new');
  await file.commit();
  t.is(await readFile(folder.at('elsewhere/real.raw'), 'utf8'), 'new');
  t.deepEqual(await readdir(folder.at('elsewhere')), ['real.raw']);
});

test('what is no regular file is refused, even to be replaced', async (t) => {
  await using folder = await makeFolder();
  for (const path of [folder.path, '/dev/null']) {
    await t.throwsAsync(TargetFile.create(path, { replace: true, durable: false }), {
      code: 'IO_NOT_A_FILE',
    } as object);
  }
  await t.throwsAsync(
    TargetFile.create(folder.at('no/such/folder/a.raw'), { replace: false, durable: false }),
    {
      code: 'IO_NOT_FOUND',
    } as object,
  );
});

test('one file is known by all its names', async (t) => {
  await using folder = await makeFolder();
  await writeFile(folder.at('a'), '');
  await writeFile(folder.at('b'), '');
  await symlink('a', folder.at('symbolic'));
  await link(folder.at('a'), folder.at('hard'));
  t.true(await isSameFile(folder.at('a'), folder.at('symbolic')));
  t.true(await isSameFile(folder.at('a'), folder.at('hard')));
  t.false(await isSameFile(folder.at('a'), folder.at('b')));
  t.false(await isSameFile(folder.at('a'), folder.at('not there')));
});

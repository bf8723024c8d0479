import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ForgeError } from '../../src/errors.js';
import { composeManifest } from '../../src/manifest/create.js';
import { saveManifest } from '../../src/manifest/save.js';
import { serializeManifest } from '../../src/manifest/serialize.js';

const { manifest } = composeManifest({ name: 'name' }, [
  {
    virtualSizeBytes: 2 ** 30,
    objectSizeBytes: 1,
    filename: 'a.raw',
    preSignedUrl: 'https://h.example/b/a.raw?s',
  },
]);

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'omiforge-save-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a manifest is written whole, for its owner alone, with nothing beside it', async (t) => {
  await inFolder(async (folder) => {
    const path = join(folder, 'manifest.json');
    await saveManifest(manifest, path, false);
    t.is(await readFile(path, 'utf8'), serializeManifest(manifest));
    t.is((await stat(path)).mode & 0o777, 0o600);
    t.deepEqual(await readdir(folder), ['manifest.json']);
  });
});

test('an existing file stays as it is without force, and is replaced with it', async (t) => {
  await inFolder(async (folder) => {
    const path = join(folder, 'manifest.json');
    await writeFile(path, 'mine');
    const error = await t.throwsAsync(saveManifest(manifest, path, false), { instanceOf: ForgeError });
    t.is(error.code, 'TARGET_EXISTS');
    t.is(error.path, path);
    t.is(await readFile(path, 'utf8'), 'mine');
    await saveManifest(manifest, path, true);
    t.is(await readFile(path, 'utf8'), serializeManifest(manifest));
    t.deepEqual(await readdir(folder), ['manifest.json']);
  });
});

test('force replaces the file that a symbolic link leads to, not the link', async (t) => {
  await inFolder(async (folder) => {
    await mkdir(join(folder, 'elsewhere'));
    const file = join(folder, 'elsewhere', 'real.json');
    await writeFile(file, 'old');
    await symlink(file, join(folder, 'link.json'));
    await saveManifest(manifest, join(folder, 'link.json'), true);
    t.is(await readlink(join(folder, 'link.json')), file);
    t.is(await readFile(file, 'utf8'), serializeManifest(manifest));
  });
});

test('a folder, a device and a missing folder are refused, even with force', async (t) => {
  await inFolder(async (folder) => {
    const codeFor = async (path: string) =>
      (await t.throwsAsync(saveManifest(manifest, path, true), { instanceOf: ForgeError })).code;
    t.is(await codeFor(folder), 'IO_NOT_A_FILE');
    t.is(await codeFor('/dev/null'), 'IO_NOT_A_FILE');
    t.is(await codeFor(join(folder, 'absent', 'manifest.json')), 'IO_NOT_FOUND');
    t.is(await codeFor(`${join(folder, 'absent')}/`), 'IO_NOT_A_FILE');
    t.deepEqual(await readdir(folder), []);
  });
});

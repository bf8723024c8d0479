import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import test from 'ava';
import { compareImages, convert, type ForgeError, openImage } from '../../src/index.js';
import { runCli } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { assertRefused } from '../helpers/refusal.js';

const mebibyte = 1024 * 1024;

/** `disk.qcow2` over `middle.qcow2`, which has a data file, over `base.raw`; and what they are as one disk. */
async function makeChain(): Promise<Folder> {
  const folder = await makeFolder();
  await makeRaw(folder.at('base.raw'), 2 * mebibyte, [{ offsetBytes: 0, bytes: noise(mebibyte) }]);
  const data = `data_file=${folder.at('middle.data')}`;
  const middle = folder.at('middle.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', data, '-b', 'base.raw', '-F', 'raw', middle);
  await qemuIo(middle, 'qcow2', 'write -P 2 512k 64k');
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'middle.qcow2', '-F', 'qcow2', path, '3M');
  await qemuIo(path, 'qcow2', 'write -P 1 64k 64k');
  await qemuImg('convert', '-O', 'raw', path, folder.at('whole.raw'));
  return folder;
}

test('a chain is converted, compared and mapped where it is allowed', async (t) => {
  await using folder = await makeChain();
  const cwd = folder.path;
  for (const allow of [['--allow-external'], ['--external-folder', '.']]) {
    const converted = await runCli(['convert', '--force', ...allow, 'disk.qcow2', 'new.raw'], { cwd });
    t.is(converted.stderr, '');
    t.is(converted.status, 0);
    t.true((await readFile(folder.at('new.raw'))).equals(await readFile(folder.at('whole.raw'))));
    const compared = await runCli(['compare', ...allow, 'disk.qcow2', 'whole.raw'], { cwd });
    t.is(compared.stdout, 'identical\n');
    const mapped = await runCli(['map', ...allow, 'disk.qcow2'], { cwd });
    t.deepEqual(mapped.stdout.split('\n').slice(0, 5), [
      '  start   length         size  kind         depth  host offset',
      '      0    65536       64 KiB  data             2  0',
      '  65536    65536       64 KiB  data             0  327680',
      ' 131072   393216      384 KiB  data             2  131072',
      ' 524288    65536       64 KiB  data             1  524288',
    ]);
  }
});

test('one that is not allowed is refused, and says how it would be', async (t) => {
  await using folder = await makeChain();
  const refusal = {
    code: 'QCOW2_EXTERNAL_FILE',
    says: /'middle\.qcow2'.* without --allow-external;/,
  } as const;
  await assertRefused(t, folder, ['convert', 'disk.qcow2', 'new.raw'], refusal);
  await assertRefused(t, folder, ['map', 'disk.qcow2'], refusal);
  await assertRefused(t, folder, ['compare', 'whole.raw', 'disk.qcow2'], { ...refusal, status: 2 });
  const { stdout, status } = await runCli(['info', 'disk.qcow2'], { cwd: folder.path });
  t.is(status, 0);
  t.regex(stdout, /backing file +middle\.qcow2\n/);
  const data = { code: 'QCOW2_EXTERNAL_FILE', says: /middle\.data'.* without --allow-external;/ } as const;
  await assertRefused(t, folder, ['map', 'middle.qcow2'], data);
});

test('no file of a chain is the target', async (t) => {
  await using folder = await makeChain();
  await symlink('base.raw', folder.at('link.raw'));
  for (const name of ['middle.qcow2', 'middle.data', 'base.raw', 'link.raw', 'disk.qcow2']) {
    const args = ['convert', '--force', '--allow-external', '-O', 'raw', 'disk.qcow2', name];
    await assertRefused(t, folder, args, {
      code: 'TARGET_IS_SOURCE',
      says: new RegExp(`convert: ${name}: is`),
    });
  }
});

test('what is missing is told by its path, with the image that names it', async (t) => {
  await using folder = await makeChain();
  const args = ['convert', '--allow-external', 'disk.qcow2', 'new.raw'];
  await rm(folder.at('middle.data'));
  await assertRefused(t, folder, args, {
    code: 'IO_NOT_FOUND',
    says: /: .*\/middle\.data: is not there, though middle\.qcow2 names it;/,
  });
  await rm(folder.at('middle.qcow2'));
  await assertRefused(t, folder, args, {
    code: 'IO_NOT_FOUND',
    says: /: middle\.qcow2: is not there, though disk\.qcow2 names it;/,
  });
  const noFolder = ['map', '--external-folder', 'none', 'disk.qcow2'];
  await assertRefused(t, folder, noFolder, { code: 'IO_NOT_FOUND', says: /map: none: cannot be entered/ });
  const noName = ['map', '--external-folder', '', 'disk.qcow2'];
  await assertRefused(t, folder, noName, { code: 'IO_NOT_FOUND' });
});

test('images that need no other file are read as ever', async (t) => {
  await using folder = await makeChain();
  const cwd = folder.path;
  await convert(folder.at('whole.raw'), folder.at('whole.qcow2.gz'), { allowExternal: true });
  for (const source of ['whole.raw', 'whole.qcow2.gz']) {
    const args = ['compare', '--allow-external', 'disk.qcow2', source];
    t.is((await runCli(args, { cwd })).stdout, 'identical\n');
  }
});

test('from a folder of its own each image of a comparison has its files', async (t) => {
  await using folder = await makeFolder();
  for (const name of ['a', 'b']) {
    await mkdir(folder.at(name));
    await writeFile(folder.at(`${name}/base.raw`), Buffer.alloc(mebibyte, name));
    const path = folder.at(`${name}/disk.qcow2`);
    await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', path);
  }
  const [a, b] = [folder.at('a/disk.qcow2'), folder.at('b/disk.qcow2')];
  t.is((await compareImages(a, b, { allowExternal: true })).firstDifferenceBytes, 0);
  t.true((await compareImages(a, folder.at('a/base.raw'), { allowExternal: true })).identical);
  await t.throwsAsync(compareImages(a, b), { code: 'QCOW2_EXTERNAL_FILE' } as object);
  const elsewhere = compareImages(a, b, { allowExternal: folder.at('a') });
  const error = await t.throwsAsync(elsewhere, { code: 'QCOW2_EXTERNAL_FILE' } as object);
  t.is((error as ForgeError).path, b);
});

test('the library opens a chain as one image', async (t) => {
  await using folder = await makeChain();
  const path = folder.at('disk.qcow2');
  await t.throwsAsync(openImage(path, { allowExternal: false }), { code: 'QCOW2_EXTERNAL_FILE' } as object);
  await using image = await openImage(path, { allowExternal: true });
  const whole = await readFile(folder.at('whole.raw'));
  t.true(Buffer.from(image.read(0, image.virtualSizeBytes)).equals(whole));
  t.deepEqual(
    [...image.extents(0, 200_000)].map(({ depth }) => depth),
    [2, undefined, 2],
  );
  t.like(image.facts, {
    backingFile: 'middle.qcow2',
    externalFiles: [folder.at('middle.qcow2'), folder.at('middle.data'), folder.at('base.raw')],
  });
});

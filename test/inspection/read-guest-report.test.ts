import { execFileSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test from 'ava';
import { convert, ForgeError, readGuestReport } from '../../src/index.js';
import { makeBlank, makePartitioned, placeFile, useTool } from '../helpers/disk-tools.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { qemuImg } from '../helpers/qemu.js';

const mebibyte = 2 ** 20;

async function makeDisk(folder: Folder): Promise<string> {
  const path = folder.at('disk.raw');
  await makePartitioned(path, 32 * mebibyte, 'label: gpt\nstart=2048, size=40960, type=L, name=root\n');
  const content = await makeBlank(folder.at('ext4'), 20 * mebibyte);
  await useTool('mke2fs', ['-q', '-t', 'ext4', '-L', 'system', content]);
  await placeFile(path, mebibyte, content);
  return path;
}

test('the same report of a disk in every format', async (t) => {
  await using folder = await makeFolder();
  const path = await makeDisk(folder);
  const expected = await readGuestReport(path);
  t.is(expected.sizeBytes, 32 * mebibyte);
  t.is(expected.partitions[0]?.fileSystem?.label, 'system');
  t.deepEqual(expected.findings, []);
  for (const name of ['disk.qcow2', 'disk.qcow2.gz', 'own.raw.gz']) {
    await convert(path, folder.at(name));
    t.deepEqual(await readGuestReport(folder.at(name)), expected, name);
  }
  execFileSync('gzip', ['-kn1', path]);
  const phases = new Set<string>();
  const before = await readdir(tmpdir());
  t.deepEqual(
    await readGuestReport(`${path}.gz`, { onProgress: ({ phase }) => phases.add(phase) }),
    expected,
  );
  t.deepEqual([...phases], ['inflating']);
  t.deepEqual(
    (await readdir(tmpdir())).filter((name) => name.startsWith('.omiforge') && !before.includes(name)),
    [],
  );
});

test('a raw file that ends within a sector', async (t) => {
  await using folder = await makeFolder();
  await writeFile(folder.at('disk.raw'), Buffer.alloc(1000, 'x'));
  const report = await readGuestReport(folder.at('disk.raw'));
  t.is(report.sizeBytes, 1024);
  t.regex(report.findings[0]?.message ?? '', /^nothing known/);
});

test('an image whose guest bytes must not be read', async (t) => {
  await using folder = await makeFolder();
  const path = await makeDisk(folder);
  await qemuImg('create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', path, folder.at('overlay.qcow2'));
  const error = await t.throwsAsync(readGuestReport(folder.at('overlay.qcow2')), { instanceOf: ForgeError });
  t.is(error?.code, 'QCOW2_EXTERNAL_FILE');
  const report = await readGuestReport(folder.at('overlay.qcow2'), { allowExternal: true });
  t.is(report.partitions[0]?.fileSystem?.label, 'system');
});

test('a signal ends it', async (t) => {
  await using folder = await makeFolder();
  const path = await makeDisk(folder);
  execFileSync('gzip', ['-kn1', path]);
  const reason = new Error('enough');
  const error = await t.throwsAsync(readGuestReport(`${path}.gz`, { signal: AbortSignal.abort(reason) }));
  t.is(error, reason);
});

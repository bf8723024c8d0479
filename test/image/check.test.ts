import { open, readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { checkImage, convert } from '../../src/index.js';
import {
  copied,
  makeBitmaps,
  makeImage,
  makeSnapshots,
  plainWrites,
  tablesOf,
  writes,
} from '../helpers/checked-images.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, prose } from '../helpers/images.js';
import { be32, be64, patchFile } from '../helpers/patch.js';
import { qemuImg } from '../helpers/qemu.js';
import { assertAgrees, ourCheck } from '../helpers/qemu-check.js';

const cryptMethod = 32;
const widths = [1, 2, 4, 8, 16, 32, 64];
for (const bits of widths) {
  test(`images with refcounts of ${bits} bits are clean`, async (t) => {
    await using folder = await makeFolder();
    // Compressed clusters share host clusters, and snapshots share them again: more than few bits can count.
    const commands = bits < 8 ? plainWrites : writes;
    const options = `cluster_size=4096,refcount_bits=${bits}`;
    t.is(await assertAgrees(t, await makeImage(folder, 'a', options, commands), 'plain'), 0);
    if (bits > 1)
      t.is(await assertAgrees(t, await makeSnapshots(folder, 'b', options, commands), 'snapshots'), 0);
  });
}

for (const clusterBytes of [512, 1024, 16384, 65536, 2097152]) {
  test(`images with clusters of ${clusterBytes} bytes are clean`, async (t) => {
    await using folder = await makeFolder();
    const commands = clusterBytes < 65536 ? writes : ['write 0 200k', 'write -z 2M 2M'];
    const options = `cluster_size=${clusterBytes}`;
    t.is(await assertAgrees(t, await makeImage(folder, 'a', options, commands), 'plain'), 0);
    t.is(await assertAgrees(t, await makeImage(folder, 'e', options, []), 'empty'), 0);
    t.is(
      await assertAgrees(t, await makeImage(folder, 'p', `${options},preallocation=metadata`, []), 'full'),
      0,
    );
  });
}

const features = [
  'compat=0.10',
  'lazy_refcounts=on',
  'extended_l2=on,cluster_size=16384',
  'compression_type=zstd',
];
for (const options of features) {
  test(`an image with ${options} is clean`, async (t) => {
    await using folder = await makeFolder();
    const commands = options.includes('16384') ? writes : ['write 0 100k', 'write -c 1M 64k'];
    t.is(await assertAgrees(t, await makeImage(folder, 'a', options, commands), options), 0);
  });
}

test('bitmaps and a backing file, which need not be there', async (t) => {
  await using folder = await makeFolder();
  t.is(await assertAgrees(t, await makeBitmaps(folder, 'a'), 'bitmaps'), 0);
  await makeRaw(folder.at('base.raw'), 4 * 1024 * 1024);
  const path = await makeImage(folder, 'b', `backing_file=${folder.at('base.raw')},backing_fmt=raw`);
  t.is(await assertAgrees(t, path, 'with its backing file'), 0);
  const other = await makeImage(folder, 'c', 'cluster_size=4096');
  await qemuImg('rebase', '-u', '-f', 'qcow2', '-b', folder.at('gone.raw'), '-F', 'raw', other);
  t.is((await ourCheck(other)).status, 0);
});

test('all that convert writes is clean', async (t) => {
  await using folder = await makeFolder();
  const islands = [0, 5_000_000].map((offsetBytes) => ({ offsetBytes, bytes: prose(300_000) }));
  await makeRaw(folder.at('a.raw'), 9 * 1024 * 1024, islands);
  await makeRaw(folder.at('empty.raw'), 0);
  for (const name of ['a', 'empty']) {
    for (const ending of ['qcow2', 'qcow2.gz']) {
      const path = folder.at(`${name}.${ending}`);
      await convert(folder.at(`${name}.raw`), path);
      const { counts, container } = await checkImage(path);
      t.is(container, ending.endsWith('.gz') ? 'gz' : 'plain');
      t.deepEqual([counts?.corruptions, counts?.leaks, counts?.checkErrors], [0, 0, 0], path);
    }
    await assertAgrees(t, folder.at(`${name}.qcow2`), name);
  }
});

test('damage within .gz, and of the gzip itself', async (t) => {
  await using folder = await makeFolder();
  const path = await makeImage(folder, 'a.qcow2', 'cluster_size=4096');
  const { plain, entry } = await tablesOf(path);
  const at = plain[0] ?? 0;
  await patchFile(path, at, be64(entry(at) ^ copied));
  const zipped = gzipSync(await readFile(path));
  await writeFile(folder.at('a.qcow2.gz'), zipped);
  t.is((await checkImage(folder.at('a.qcow2.gz'))).counts?.corruptions, 1);
  await writeFile(folder.at('cut.qcow2.gz'), zipped.subarray(0, -20));
  await t.throwsAsync(checkImage(folder.at('cut.qcow2.gz')), { code: 'GZIP_TRUNCATED' });
  await patchFile(path, 40, be64(1n));
  await writeFile(folder.at('bad.qcow2.gz'), gzipSync(await readFile(path)));
  const thrown = await t.throwsAsync(checkImage(folder.at('bad.qcow2.gz')), { code: 'QCOW2_BAD_HEADER' });
  t.is((thrown as Error & { path?: string }).path, folder.at('bad.qcow2.gz'));
});

test('progress, and the signal between steps', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('a.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=512,preallocation=metadata', path, '512M');
  const seen: [number, number | undefined][] = [];
  const onProgress = (progress: { doneBytes: number; totalBytes: number | undefined }) =>
    seen.push([progress.doneBytes, progress.totalBytes]);
  await checkImage(path, { onProgress });
  t.true(seen.length > 2, `${seen.length} steps`);
  t.true(seen.every(([done], i) => i === 0 || done > (seen[i - 1]?.[0] ?? 0)));
  const [done, total] = seen.at(-1) ?? [];
  t.true(total !== undefined && done !== undefined && done <= total, `${done} of ${total}`);
  const controller = new AbortController();
  const stopped = checkImage(path, { signal: controller.signal, onProgress: () => controller.abort() });
  await t.throwsAsync(stopped, { any: true, name: 'AbortError' });
});

test('what is not there, or no qcow2 though it was said to be', async (t) => {
  await using folder = await makeFolder();
  await t.throwsAsync(checkImage(folder.at('gone')), { code: 'IO_NOT_FOUND' });
  await makeRaw(folder.at('a.raw'), 4096);
  await t.throwsAsync(checkImage(folder.at('a.raw')), {
    code: 'FORMAT_UNSUPPORTED',
    message: /raw has nothing/,
  });
  await t.throwsAsync(checkImage(folder.at('a.raw'), { format: 'qcow2' }), { code: 'QCOW2_BAD_HEADER' });
  const handle = await open(await makeImage(folder, 'b', 'cluster_size=4096'), 'r+');
  await handle.write(be64(1n << 40n), 0, 8, 72);
  await handle.close();
  await t.throwsAsync(checkImage(folder.at('b')), { code: 'QCOW2_UNSUPPORTED_FEATURE', message: /bit 40/ });
});

for (const [method, name] of [
  [1, 'AES'],
  [2, 'LUKS'],
] as const) {
  test(`an image that is encrypted with ${name} is refused, as qemu-img does without its key`, async (t) => {
    await using folder = await makeFolder();
    await patchFile(await makeImage(folder, 'a', 'cluster_size=65536'), cryptMethod, be32(method));
    t.is(await assertAgrees(t, folder.at('a'), name), 1);
    await t.throwsAsync(checkImage(folder.at('a')), { code: 'QCOW2_UNSUPPORTED_FEATURE' });
  });
}

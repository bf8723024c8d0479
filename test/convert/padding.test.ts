import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { readdir, stat, truncate } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import test from 'ava';
import { convert, digestImage, type FormatName, readImageInfo } from '../../src/index.js';
import { addon } from '../../src/native/addon.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { guestDigestByQemu } from '../helpers/guest-digest.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { checkClean, compareWithQemu, qemuImg, qemuIo } from '../helpers/qemu.js';
import { judge } from '../helpers/referees.js';
import { removeGzipIndex } from '../helpers/without-gzip-index.js';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const formats: readonly FormatName[] = ['raw', 'qcow2', 'raw.gz', 'qcow2.gz'];

/** A disk with data up to its end, which is within a sector. */
async function makeDisk(path: string): Promise<string> {
  return await makeRaw(path, 9 * MiB + 1000, [
    { offsetBytes: 0, bytes: prose(2 * MiB) },
    { offsetBytes: 8 * MiB + 5, bytes: noise(MiB + 995) },
  ]);
}

/** The disk as it has to come out: what qemu-img reads of the image, made longer. */
async function makeLonger(
  folder: Folder,
  image: string,
  format: 'raw' | 'qcow2',
  sizeBytes: number,
  ...args: string[]
) {
  const longer = folder.at('longer.raw');
  await qemuImg('convert', '-f', format, '-O', 'raw', ...args, image, longer);
  await truncate(longer, sizeBytes);
  return longer;
}

for (const format of formats) {
  test(`${format}: a longer disk, from every format`, async (t) => {
    await using folder = await makeFolder();
    const raw = await makeDisk(folder.at('disk.raw'));
    const virtualSizeBytes = 22 * MiB + 512;
    const longer = await makeLonger(folder, raw, 'raw', virtualSizeBytes);
    const expected = await guestDigestByQemu(longer, 'raw');
    for (const source of formats.slice(1)) await convert(raw, folder.at(`disk.${source}`));
    execFileSync('cp', [folder.at('disk.qcow2.gz'), folder.at('foreign.qcow2.gz')]);
    await removeGzipIndex(folder.at('foreign.qcow2.gz'));
    const sources = [...formats.map((source) => `disk.${source}`), 'foreign.qcow2.gz'];
    for (const source of sources) {
      const target = folder.at(`from-${source}.${format}`);
      const result = await convert(folder.at(source), target, {
        virtualSizeBytes,
        verify: true,
        digest: true,
      });
      t.is(result.virtualSizeBytes, virtualSizeBytes, source);
      t.is(result.guestDigest, expected, source);
      t.is(await digestImage(target), expected, source);
      const streamed = folder.at(`streamed-${source}.${format}`);
      await convert(createReadStream(folder.at(source)), streamed, { virtualSizeBytes, force: true });
      t.is(await digestImage(streamed), expected, `${source} from a stream`);
    }
    await t.notThrowsAsync(judge(folder.at(`from-disk.raw.${format}`), format, longer));
    const stream = new PassThrough();
    stream.resume();
    const result = await convert(raw, stream, { targetFormat: format, virtualSizeBytes, digest: true });
    t.is(result.guestDigest, expected, 'into a stream');
  });
}

test('to the next multiple, also where the size is known late', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('disk.raw'));
  const longer = await makeLonger(folder, raw, 'raw', GiB);
  execFileSync('gzip', ['-kn1', raw]);
  for (const source of ['disk.raw', 'disk.raw.gz']) {
    const target = folder.at(`${source}.qcow2`);
    const { virtualSizeBytes } = await convert(folder.at(source), target, { virtualSizeMultipleBytes: GiB });
    t.is(virtualSizeBytes, GiB);
    await checkClean(target);
    await t.notThrowsAsync(compareWithQemu(target, 'qcow2', longer, 'raw'));
    t.is((await readImageInfo(target)).virtualSizeBytes, GiB);
  }
  const again = await convert(folder.at('disk.raw.qcow2'), folder.at('again.raw'), {
    virtualSizeMultipleBytes: GiB,
  });
  t.is(again.virtualSizeBytes, GiB);
  t.is((await stat(folder.at('again.raw'))).size, GiB);
});

test('around the ends of clusters, segments and regions', async (t) => {
  await using folder = await makeFolder();
  const sizes = [65_536, 4 * MiB, 512 * MiB];
  for (const end of sizes) {
    for (const sizeBytes of [end - 512, end]) {
      const raw = await makeRaw(folder.at('disk.raw'), sizeBytes, [
        { offsetBytes: sizeBytes - 700, bytes: noise(700) },
      ]);
      for (const virtualSizeBytes of [sizeBytes, end, end + 512, 2 * end + 512]) {
        const target = folder.at('new.qcow2');
        await convert(raw, target, { virtualSizeBytes, force: true });
        await checkClean(target);
        const longer = await makeLonger(folder, raw, 'raw', virtualSizeBytes);
        await t.notThrowsAsync(compareWithQemu(target, 'qcow2', longer, 'raw'));
        t.is((await readImageInfo(target)).virtualSizeBytes, virtualSizeBytes);
      }
    }
  }
});

for (const write of ['write', 'write -c']) {
  test(`what stands in a cluster behind the end of the disk stays out: ${write}`, async (t) => {
    await using folder = await makeFolder();
    const path = folder.at('disk.qcow2');
    await qemuImg('create', '-q', '-f', 'qcow2', path, '256k');
    await qemuIo(path, 'qcow2', `${write} -P 7 0 64k`, `${write} -P 8 64k 64k`);
    await qemuImg('resize', '-q', '--shrink', '-f', 'qcow2', path, '100k');
    const virtualSizeBytes = 5 * MiB;
    const longer = await makeLonger(folder, path, 'qcow2', virtualSizeBytes);
    for (const clusterCompression of [undefined, 'zlib'] as const) {
      for (const target of ['new.qcow2', 'new.qcow2.gz', 'new.raw']) {
        if (clusterCompression !== undefined && target === 'new.raw') continue;
        await convert(path, folder.at(target), { virtualSizeBytes, clusterCompression, force: true });
        t.is(await digestImage(folder.at(target)), await guestDigestByQemu(longer, 'raw'), target);
      }
      await checkClean(folder.at('new.qcow2'));
      await t.notThrowsAsync(compareWithQemu(folder.at('new.qcow2'), 'qcow2', longer, 'raw'));
    }
  });
}

test('compressed clusters are taken as they are', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('disk.raw'));
  const packed = folder.at('packed.qcow2');
  await qemuImg('convert', '-c', '-f', 'raw', '-O', 'qcow2', raw, packed);
  const virtualSizeBytes = 40 * MiB;
  const longer = await makeLonger(folder, raw, 'raw', virtualSizeBytes);
  const target = folder.at('new.qcow2');
  await convert(packed, target, { virtualSizeBytes, clusterCompression: 'zlib' });
  await checkClean(target);
  await t.notThrowsAsync(compareWithQemu(target, 'qcow2', longer, 'raw'));
});

test('a snapshot, and a chain', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', path, '3M');
  await qemuIo(path, 'qcow2', 'write -P 7 1M 200k');
  await qemuImg('snapshot', '-c', 'before', path);
  await qemuIo(path, 'qcow2', 'write -P 8 0 3M');
  const virtualSizeBytes = 6 * MiB;
  const before = await makeLonger(folder, path, 'qcow2', virtualSizeBytes, '-l', 'before');
  await convert(path, folder.at('old.raw'), { snapshot: 'before', virtualSizeBytes });
  await t.notThrowsAsync(compareWithQemu(folder.at('old.raw'), 'raw', before, 'raw'));
  // The backing image is longer than the disk over it: what it has there is not seen.
  const overlay = folder.at('overlay.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'disk.qcow2', '-F', 'qcow2', overlay, '2M');
  await qemuIo(overlay, 'qcow2', 'write -P 9 100k 100k');
  const merged = await makeLonger(folder, overlay, 'qcow2', virtualSizeBytes);
  await convert(overlay, folder.at('merged.qcow2'), { allowExternal: true, virtualSizeBytes, verify: true });
  await checkClean(folder.at('merged.qcow2'));
  await t.notThrowsAsync(compareWithQemu(folder.at('merged.qcow2'), 'qcow2', merged, 'raw'));
});

test('a size of terabytes costs nothing', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('disk.raw'));
  const result = await convert(raw, folder.at('new.qcow2'), { virtualSizeBytes: 2 ** 42 });
  t.true(result.writtenBytes < 20 * MiB);
  t.is(result.readBytes, (await convert(raw, folder.at('plain.qcow2'))).readBytes + 3 * MiB - 1000);
  await checkClean(folder.at('new.qcow2'));
});

test('a disk is never cut, and then nothing is left', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('disk.raw'));
  execFileSync('gzip', ['-kn1', raw]);
  for (const source of ['disk.raw', 'disk.raw.gz']) {
    await t.throwsAsync(
      convert(folder.at(source), folder.at('new.raw'), { virtualSizeBytes: 9 * MiB + 512 }),
      {
        code: 'ARGUMENT_INVALID',
        message: /^is a disk of 9438208 bytes, which is not cut to 9437696/,
      } as object,
    );
  }
  for (const virtualSizeBytes of [0, 1000, Number.NaN, 2 ** 53]) {
    await t.throwsAsync(convert(raw, folder.at('new.raw'), { virtualSizeBytes }), {
      code: 'ARGUMENT_INVALID',
    } as object);
  }
  t.deepEqual((await readdir(folder.path)).sort(), ['disk.raw', 'disk.raw.gz']);
});

test('an image that is opened as a longer disk', async (t) => {
  await using folder = await makeFolder();
  const path = await makeRaw(folder.at('disk.raw'), 1000, [{ offsetBytes: 0, bytes: noise(1000) }]);
  const image = addon.openImage(path, 'raw', { paddedSizeBytes: 2048 });
  t.deepEqual(image.info(), { format: 'raw', sizeBytes: 2048, storedBytes: 1000 } as object);
  const bytes = new Uint8Array(2048).fill(1);
  image.read(0, bytes);
  t.true(bytes.subarray(1000).every((byte) => byte === 0));
  t.throws(() => image.read(2048, new Uint8Array(1)), { code: 'ARGUMENT_INVALID' });
  image.close();
  for (const paddedSizeBytes of [999, 0, -1, 0.5, 2 ** 53, '2048' as unknown as number]) {
    t.throws(() => addon.openImage(path, 'raw', { paddedSizeBytes }), { code: 'ARGUMENT_INVALID' });
  }
  await qemuImg('create', '-q', '-f', 'qcow2', folder.at('disk.qcow2'), '1M');
  const qcow2 = addon.openImage(folder.at('disk.qcow2'), 'qcow2', { paddedSizeBytes: 2 * MiB });
  t.like(qcow2.info(), { format: 'qcow2', version: 3, sizeBytes: 2 * MiB });
  qcow2.close();
});

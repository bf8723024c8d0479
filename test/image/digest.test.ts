import { execFileSync } from 'node:child_process';
import { createReadStream, truncateSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import test from 'ava';
import fc from 'fast-check';
import { GuestDigest } from '../../src/image/guest-digest.js';
import { convert, type DigestProgress, digestImage, type FormatName } from '../../src/index.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { foreignImages, foreignImagesWithSubclusters, makeForeign } from '../helpers/foreign-image.js';
import { guestDigestByQemu, guestDigestOfZeros } from '../helpers/guest-digest.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { removeGzipIndex } from '../helpers/without-gzip-index.js';

const MiB = 1024 * 1024;
const segmentBytes = 4 * MiB;
const formats: readonly FormatName[] = ['raw', 'qcow2', 'raw.gz', 'qcow2.gz'];

/** Holes, zeros, text, noise, and an end within a segment and a sector. */
async function makeDisk(path: string): Promise<string> {
  return await makeRaw(path, 18 * MiB + 1000, [
    { offsetBytes: 0, bytes: prose(3 * MiB) },
    { offsetBytes: 4 * MiB, bytes: new Uint8Array(5 * MiB) },
    { offsetBytes: 9 * MiB, bytes: noise(5 * MiB) },
    { offsetBytes: 18 * MiB + 500, bytes: noise(500) },
  ]);
}

async function makeAll(folder: Folder): Promise<string> {
  const raw = await makeDisk(folder.at('disk.raw'));
  for (const format of formats.slice(1)) await convert(raw, folder.at(`disk.${format}`));
  return await guestDigestByQemu(raw, 'raw');
}

test('it is what its definition says, in every format, with any number of threads', async (t) => {
  await using folder = await makeFolder();
  const expected = await makeAll(folder);
  t.regex(expected, /^[0-9a-f]{64}$/);
  for (const format of formats) {
    for (const threads of [1, 2, 5]) {
      t.is(await digestImage(folder.at(`disk.${format}`), { threads }), expected, `${format}, ${threads}`);
    }
    t.is(await digestImage(folder.at(`disk.${format}`), { ownThread: true }), expected, format);
  }
  for (const format of ['raw.gz', 'qcow2.gz']) {
    const path = await removeGzipIndex(folder.at(`disk.${format}`));
    t.is(await digestImage(path), expected, `${format} without an index`);
  }
  await convert(folder.at('disk.raw'), folder.at('packed.qcow2'), { clusterCompression: 'zlib' });
  t.is(await digestImage(folder.at('packed.qcow2')), expected);
});

test('raw images of any size', async (t) => {
  await using folder = await makeFolder();
  const islands = fc.array(
    fc.record({
      offsetBytes: fc.integer({ min: 0, max: 12 * MiB }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 5000 }),
    }),
    { maxLength: 4 },
  );
  const sizes = fc.oneof(
    fc.integer({ min: 1, max: 12 * MiB }),
    fc.constantFrom(1, 511, 512, 513, segmentBytes - 1, segmentBytes, segmentBytes + 1, 2 * segmentBytes),
  );
  let count = 0;
  await fc.assert(
    fc.asyncProperty(sizes, islands, async (sizeBytes, wanted) => {
      count += 1;
      const path = folder.at(`${count}.raw`);
      await makeRaw(
        path,
        sizeBytes,
        wanted.filter(({ offsetBytes, bytes }) => offsetBytes + bytes.length <= sizeBytes),
      );
      t.is(await digestImage(path), await guestDigestByQemu(path, 'raw'), `${sizeBytes}`);
    }),
    { numRuns: 30 },
  );
});

test('images that qemu has made', async (t) => {
  await using folder = await makeFolder();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(foreignImages, foreignImagesWithSubclusters), async (image) => {
      count += 1;
      const path = folder.at(`${count}.qcow2`);
      await makeForeign(path, image);
      t.is(await digestImage(path), await guestDigestByQemu(path, 'qcow2'));
    }),
    { numRuns: 12 },
  );
});

test('zeros are no work, stored or not', async (t) => {
  await using folder = await makeFolder();
  const sizeBytes = 2 ** 40 + 5 * MiB;
  const seen: DigestProgress[] = [];
  const onProgress = (progress: DigestProgress) => seen.push(progress);
  const expected = guestDigestOfZeros(sizeBytes);
  t.is(await digestImage(await makeRaw(folder.at('hole.raw'), sizeBytes), { onProgress }), expected);
  await qemuImg('create', '-q', '-f', 'qcow2', folder.at('empty.qcow2'), `${sizeBytes}`);
  t.is(await digestImage(folder.at('empty.qcow2'), { onProgress }), expected);
  t.true(seen.length > 0);
  t.true(seen.every(({ totalBytes }) => totalBytes === 0));
  const small = [{ offsetBytes: 0, bytes: new Uint8Array(5 * MiB) }];
  t.is(await digestImage(await makeRaw(folder.at('zeros.raw'), 5 * MiB, small)), guestDigestOfZeros(5 * MiB));
});

test('a run of zeros counts as its segments do', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 0, max: 8191 }), (whole, sectors) => {
      const lengthBytes = whole * segmentBytes + sectors * 512;
      const atOnce = new GuestDigest();
      atOnce.addZeros(lengthBytes);
      const inTurn = new GuestDigest();
      for (let at = 0; at < lengthBytes; at += segmentBytes) {
        inTurn.addZeros(Math.min(segmentBytes, lengthBytes - at));
      }
      t.is(atOnce.hex(), inTurn.hex());
    }),
    { numRuns: 20 },
  );
});

test('one byte, or one sector more, makes another one', async (t) => {
  await using folder = await makeFolder();
  const islands = [{ offsetBytes: 0, bytes: noise(1000) }];
  const one = await digestImage(await makeRaw(folder.at('one.raw'), 9 * MiB, islands));
  const more = [...islands, { offsetBytes: 9 * MiB - 1, bytes: Uint8Array.of(1) }];
  t.not(await digestImage(await makeRaw(folder.at('byte.raw'), 9 * MiB, more)), one);
  t.not(await digestImage(await makeRaw(folder.at('sector.raw'), 9 * MiB + 512, islands)), one);
  // What a raw file lacks of its last sector is zeros.
  t.is(await digestImage(await makeRaw(folder.at('short.raw'), 9 * MiB - 511, islands)), one);
});

for (const format of formats) {
  test(`${format}: a conversion tells the digest of what it writes`, async (t) => {
    await using folder = await makeFolder();
    const expected = await makeAll(folder);
    for (const source of formats) {
      const target = folder.at(`from-${source}.${format}`);
      const { guestDigest } = await convert(folder.at(`disk.${source}`), target, { digest: true });
      t.is(guestDigest, expected, source);
      t.is(await digestImage(target), expected, source);
      const fromStream = await convert(
        createReadStream(folder.at(`disk.${source}`)),
        folder.at(`streamed-${source}.${format}`),
        { digest: true, verify: true, threads: 3 },
      );
      t.is(fromStream.guestDigest, expected, `${source} from a stream`);
    }
    const stream = new PassThrough();
    stream.resume();
    const result = await convert(folder.at('disk.qcow2'), stream, { targetFormat: format, digest: true });
    t.is(result.guestDigest, expected);
    const without = await convert(folder.at('disk.raw'), folder.at(`without.${format}`));
    t.is(without.guestDigest, undefined);
  });
}

test('compressed clusters, and those of a snapshot', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', path, '10M');
  await qemuIo(path, 'qcow2', 'write -c -P 7 1M 64k', 'write -P 8 5M 3M');
  await qemuImg('snapshot', '-c', 'before', path);
  const before = await guestDigestByQemu(path, 'qcow2');
  await qemuIo(path, 'qcow2', 'write -P 9 5M 1k');
  t.is(await digestImage(path, { snapshot: 'before' }), before);
  t.is(await digestImage(path), await guestDigestByQemu(path, 'qcow2'));
  const { guestDigest } = await convert(path, folder.at('old.qcow2'), {
    snapshot: 'before',
    clusterCompression: 'zlib',
    digest: true,
  });
  t.is(guestDigest, before);
});

test('a chain, where that is allowed', async (t) => {
  await using folder = await makeFolder();
  await makeDisk(folder.at('base.raw'));
  const overlay = folder.at('overlay.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', overlay, '24M');
  await qemuIo(overlay, 'qcow2', 'write -P 9 2M 5M');
  await t.throwsAsync(digestImage(overlay), { code: 'QCOW2_EXTERNAL_FILE' } as object);
  t.is(await digestImage(overlay, { allowExternal: true }), await guestDigestByQemu(overlay, 'qcow2'));
});

test('a damaged gzip file has none', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('disk.raw'));
  execFileSync('gzip', ['-n1', raw]);
  truncateSync(`${raw}.gz`, 3 * MiB);
  await t.throwsAsync(digestImage(`${raw}.gz`), { code: 'GZIP_TRUNCATED' } as object);
});

test('a source that changes while it is read is an error', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeRaw(folder.at('disk.raw'), 24 * MiB, [{ offsetBytes: 0, bytes: noise(24 * MiB) }]);
  const onProgress = () => truncateSync(raw, 9 * MiB);
  await t.throwsAsync(digestImage(raw, { onProgress, threads: 1 }), { code: 'IO_SOURCE_CHANGED' } as object);
});

test('an abort throws its reason', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('disk.raw'));
  const controller = new AbortController();
  const reason = new Error('stop it');
  const run = digestImage(raw, { signal: controller.signal, onProgress: () => controller.abort(reason) });
  t.is(await t.throwsAsync(run, { any: true }), reason);
});

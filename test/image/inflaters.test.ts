import { execFileSync } from 'node:child_process';
import { appendFile, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { compressionFor } from '../../src/convert/compression.js';
import { otherInflater } from '../../src/image/inflaters.js';
import { convert, type DigestProgress, digestImage, openImage } from '../../src/index.js';
import { addon } from '../../src/native/addon.js';
import type { EngineName, InflaterName } from '../../src/native/boundary.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { guestDigestByQemu } from '../helpers/guest-digest.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { patchFile } from '../helpers/patch.js';

const MiB = 1024 * 1024;
const engines = addon.engines();
/** Those of this build. */
const inflaters = (['isal', 'zlib'] as const).filter((inflater) =>
  engines.some(({ name }) => name === inflater),
);

async function makeDisk(folder: Folder): Promise<string> {
  return await makeRaw(folder.at('disk.raw'), 19 * MiB + 512, [
    { offsetBytes: 0, bytes: prose(3 * MiB) },
    { offsetBytes: 9 * MiB, bytes: noise(5 * MiB) },
  ]);
}

test('what reads what was written by which engine', (t) => {
  const facts = (...names: EngineName[]) =>
    names.map((name) => ({ name, version: '1', leastLevel: 0, mostLevel: 9 }));
  const other = (engine: EngineName, ...names: EngineName[]) =>
    otherInflater({ engine, level: 1 }, facts(...names));
  const all = ['isal', 'libdeflate', 'zlib'] as const;
  t.deepEqual(other('isal', ...all), { inflater: 'zlib', isIndependent: true });
  t.deepEqual(other('libdeflate', ...all), { inflater: 'zlib', isIndependent: true });
  t.deepEqual(other('zlib', ...all), { inflater: 'isal', isIndependent: true });
  t.deepEqual(other('libdeflate', 'libdeflate', 'zlib'), { inflater: 'zlib', isIndependent: true });
  t.deepEqual(other('zlib', 'libdeflate', 'zlib'), { inflater: 'zlib', isIndependent: false });
  t.deepEqual(other('zlib', 'zlib'), { inflater: 'zlib', isIndependent: false });
});

for (const { name: engine, leastLevel, mostLevel } of engines) {
  test(`what ${engine} has written is read by every decoder, from its beginning to its end`, async (t) => {
    await using folder = await makeFolder();
    const raw = await makeDisk(folder);
    const expected = await guestDigestByQemu(raw, 'raw');
    for (const level of new Set([leastLevel, Math.max(leastLevel, 1), Math.min(mostLevel, 6)])) {
      for (const format of ['raw.gz', 'qcow2.gz'] as const) {
        const path = folder.at(`${level}.${format}`);
        const { compression, guestDigest } = await convert(raw, path, { engine, level, digest: true });
        t.deepEqual(compression, { engine, level });
        t.is(guestDigest, expected);
        for (const inflater of inflaters) {
          const phases = new Set<string>();
          const onProgress = ({ phase, doneBytes, totalBytes }: DigestProgress) => {
            phases.add(phase);
            t.true(totalBytes !== undefined && doneBytes <= totalBytes);
          };
          t.is(await digestImage(path, { inflater, onProgress }), expected, `${level}, ${inflater}`);
          t.true(phases.has('inflating'), 'the index was used');
        }
      }
    }
  });
}

test('one call reads back what a conversion has written with another decoder', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder);
  for (const level of [0, 1, 6]) {
    const path = folder.at(`${level}.qcow2.gz`);
    const { compression, guestDigest } = await convert(raw, path, { level, digest: true });
    t.deepEqual(compression, compressionFor(level, undefined, engines));
    if (compression === undefined) continue;
    const { inflater } = otherInflater(compression, engines);
    t.is(await digestImage(path, { inflater }), guestDigest ?? '');
  }
  t.is((await convert(raw, folder.at('plain.qcow2'))).compression, undefined);
});

test('plain files are read as ever', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder);
  const expected = await guestDigestByQemu(raw, 'raw');
  for (const inflater of inflaters) t.is(await digestImage(raw, { inflater }), expected);
});

for (const inflater of inflaters) {
  test(`${inflater}: files of other programs`, async (t) => {
    await using folder = await makeFolder();
    const raw = await makeDisk(folder);
    const content = await readFile(raw);
    const expected = await guestDigestByQemu(raw, 'raw');
    execFileSync('gzip', ['-k1', raw]);
    t.is(await digestImage(`${raw}.gz`, { inflater }), expected);
    const members = [0, 1, 65_536, 4 * MiB, 4 * MiB, content.length].map((end, index, ends) =>
      gzipSync(content.subarray(ends[index - 1] ?? 0, end)),
    );
    const path = folder.at('members.raw.gz');
    await writeFile(path, Buffer.concat(members));
    t.is(await digestImage(path, { inflater }), expected);
    await appendFile(path, new Uint8Array(3 * MiB));
    t.is(await digestImage(path, { inflater }), expected, 'padding');
    await using image = await openImage(path, { inflater });
    t.true(content.subarray(9 * MiB, 10 * MiB).equals(image.read(9 * MiB, MiB)));
  });

  test(`${inflater}: damage is found, and told by the same codes`, async (t) => {
    await using folder = await makeFolder();
    const raw = await makeDisk(folder);
    const path = `${raw}.gz`;
    const damages: ReadonlyArray<readonly [code: string, damage: (lengthBytes: number) => Promise<void>]> = [
      ['GZIP_TRUNCATED', (lengthBytes) => truncate(path, lengthBytes - 1)],
      ['GZIP_TRUNCATED', () => truncate(path, 2 * MiB)],
      ['GZIP_CHECKSUM_MISMATCH', (lengthBytes) => patchFile(path, lengthBytes - 8, Buffer.from('wxyz'))],
      ['GZIP_CHECKSUM_MISMATCH', (lengthBytes) => patchFile(path, lengthBytes - 4, Buffer.from('wxyz'))],
      ['GZIP_CORRUPT', () => patchFile(path, MiB, Buffer.alloc(70_000, 0xff))],
    ];
    for (const [code, damage] of damages) {
      // Stored blocks have a header every 64 KiB at least, so that the damage must hit one.
      await convert(raw, path, { level: 0, force: true });
      await damage((await stat(path)).size);
      const thrown = await t.throwsAsync(digestImage(path, { inflater }), { code } as object);
      t.is((thrown as Error & { path?: string }).path, path);
      t.regex(thrown?.message ?? '', /the file (is damaged|was cut short)$/);
    }
  });

  test(`${inflater}: an abort throws its reason`, async (t) => {
    await using folder = await makeFolder();
    const raw = await makeDisk(folder);
    await convert(raw, folder.at('disk.raw.gz'));
    const controller = new AbortController();
    const reason = new Error('stop it');
    const run = digestImage(folder.at('disk.raw.gz'), {
      inflater,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    t.is(await t.throwsAsync(run, { any: true }), reason);
  });
}

test('what follows the last member is not ignored by the other reader', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder);
  const path = folder.at('disk.raw.gz');
  await convert(raw, path);
  await appendFile(path, 'garbage');
  await t.throwsAsync(digestImage(path, { inflater: 'zlib' }), { code: 'GZIP_TRAILING_GARBAGE' } as object);
});

test('a decoder that is none', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder);
  const path = folder.at('disk.raw.gz');
  await convert(raw, path);
  for (const name of ['libdeflate', 'gzip']) {
    const thrown = await t.throwsAsync(digestImage(path, { inflater: name as InflaterName }), {
      code: 'ENGINE_UNAVAILABLE',
    } as object);
    t.is((thrown as Error & { path?: string }).path, path);
  }
});

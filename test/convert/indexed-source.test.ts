import { execFile, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { appendFile, copyFile, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { gzipPiecesOf } from '../../src/image/gzip-pieces.js';
import { compareImages, convert, ForgeError, openImage } from '../../src/index.js';
import { WorkerPool } from '../../src/workers/worker-pool.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { patchFile } from '../helpers/patch.js';
import { gunzipWithAll } from '../helpers/referees.js';

const run = promisify(execFile);
const mebibyte = 1024 * 1024;

/** A disk of text, noise and holes, and its .gz of either format. */
async function makeOwn(
  folder: Folder,
  sizeBytes = 13 * mebibyte + 512,
  islandBytes = 30_000,
): Promise<string> {
  const raw = await makeRaw(folder.at('disk.raw'), sizeBytes, [
    { offsetBytes: 0, bytes: prose(islandBytes) },
    { offsetBytes: 5 * mebibyte, bytes: noise(islandBytes) },
    { offsetBytes: sizeBytes - islandBytes, bytes: prose(islandBytes, 2) },
  ]);
  for (const name of ['disk.raw.gz', 'disk.qcow2.gz']) await convert(raw, folder.at(name), { threads: 2 });
  return raw;
}

/** The bytes in the extra field of a gzip header, after which the data begin. */
const extraBytes = (file: Buffer) => file.readUInt16LE(10);

/** The file with another header. */
function withHeader(file: Buffer, header: Uint8Array): Buffer {
  return Buffer.concat([header, file.subarray(12 + extraBytes(file))]);
}

test('what is written has an index, which no gzip reader minds', async (t) => {
  await using folder = await makeFolder();
  await makeOwn(folder);
  for (const name of ['disk.raw.gz', 'disk.qcow2.gz']) {
    const path = folder.at(name);
    const pieces = gzipPiecesOf(path) ?? [];
    t.true(pieces.length >= 4);
    await gunzipWithAll(folder.at('plain'), path);
    const { length } = await readFile(folder.at('plain'));
    const last = pieces.at(-1);
    t.is((last?.startBytes ?? 0) + (last?.lengthBytes ?? 0), length);
    const { stdout } = await run('gzip', ['-l', path]);
    t.regex(stdout, new RegExp(`\\b${length}\\b`));
  }
});

test('the same index for any number of threads, and none into a pipe', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeOwn(folder);
  for (const name of ['disk.raw.gz', 'disk.qcow2.gz'] as const) {
    for (const threads of [1, 3]) {
      await convert(raw, folder.at(`again.${name}`), { threads, force: true });
      t.deepEqual(await readFile(folder.at(`again.${name}`)), await readFile(folder.at(name)));
    }
    const chunks: Buffer[] = [];
    const pipe = new Writable({
      write: (chunk, _encoding, done) => {
        chunks.push(Buffer.from(chunk));
        done();
      },
    });
    await convert(raw, pipe, { targetFormat: name === 'disk.raw.gz' ? 'raw.gz' : 'qcow2.gz' });
    const piped = Buffer.concat(chunks);
    t.is(piped[3], 0, 'no flag, no extra field');
    await writeFile(folder.at('piped.gz'), piped);
    t.is(gzipPiecesOf(folder.at('piped.gz')), undefined);
  }
});

test('its own files are verified, and converted to all formats, without a spill', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeOwn(folder);
  for (const name of ['disk.raw.gz', 'disk.qcow2.gz']) {
    for (const target of ['new.raw', 'new.qcow2', 'new.raw.gz', 'new.qcow2.gz']) {
      const before = readdirSync(folder.path).filter((file) => file !== target).length;
      let most = 0;
      const onProgress = () => {
        most = Math.max(most, readdirSync(folder.path).filter((file) => file !== target).length);
      };
      await convert(folder.at(name), folder.at(target), { force: true, verify: true, onProgress });
      t.is(most, before + 1, 'nothing but the target that is being written');
      t.like(await compareImages(raw, folder.at(target)), { identical: true });
    }
  }
});

test('an index that cannot be right, or none, is as good as a sound one', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeOwn(folder);
  for (const name of ['disk.raw.gz', 'disk.qcow2.gz']) {
    const file = await readFile(folder.at(name));
    const extra = Buffer.from(file.subarray(12, 12 + extraBytes(file)));
    const start = file.subarray(0, 12);
    const garbled = [
      Buffer.concat([start, Buffer.alloc(extra.length)]),
      Buffer.concat([start, Buffer.alloc(extra.length, 0xff)]),
      Buffer.concat([start, extra.fill(2, 4, 5)]),
      Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255),
      Buffer.concat([Buffer.of(0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 255), Buffer.from('name\0')]),
    ];
    for (const header of garbled) {
      await writeFile(folder.at(`bad.${name}`), withHeader(file, header));
      t.is(gzipPiecesOf(folder.at(`bad.${name}`)), undefined);
      t.like(await compareImages(folder.at(`bad.${name}`), raw), { identical: true });
      await convert(folder.at(`bad.${name}`), folder.at('new.raw'), { force: true });
      t.like(await compareImages(folder.at('new.raw'), raw), { identical: true });
    }
  }
});

/** What `gzip -dc` makes of the file, or undefined where it fails. */
function gunzipped(path: string): Buffer | undefined {
  const { status, stdout } = spawnSync('gzip', ['-dc', path], { maxBuffer: 64 * mebibyte });
  return status === 0 ? stdout : undefined;
}

test('damaged in any byte: exactly what gzip reads, or an error', async (t) => {
  await using folder = await makeFolder();
  await makeOwn(folder, 5 * mebibyte + 512, 2000);
  const good = await readFile(folder.at('disk.raw.gz'));
  const damaged = folder.at('bad.raw.gz');
  const headBytes = 12 + extraBytes(good) + 64;
  const placeArbitrary = fc.oneof(fc.nat({ max: headBytes }), fc.nat({ max: good.length - 1 }));
  const seen = { errors: 0, same: 0 };
  // Keeps the threads from one conversion to the next.
  await using _pool = new WorkerPool(2);
  await fc.assert(
    fc.asyncProperty(placeArbitrary, fc.integer({ min: 1, max: 255 }), async (at, change) => {
      await writeFile(damaged, good);
      await patchFile(damaged, at, Uint8Array.of((good[at] ?? 0) ^ change));
      const expected = gunzipped(damaged);
      try {
        await convert(damaged, folder.at('new.raw'), { sourceFormat: 'raw.gz', force: true, threads: 2 });
      } catch (thrown) {
        if (!(thrown instanceof ForgeError)) throw thrown;
        t.true(/^(GZIP|FORMAT|IO)_/.test(thrown.code), `${thrown.code}: ${thrown.message}`);
        seen.errors += 1;
        return;
      }
      t.true(expected?.equals(await readFile(folder.at('new.raw'))), `byte ${at} ^ ${change}`);
      seen.same += 1;
    }),
    { numRuns: 60 },
  );
  t.true(seen.errors > 0 && seen.same > 0, JSON.stringify(seen));
});

test('any read of an open image, by its index', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeOwn(folder);
  const expected = await readFile(raw);
  for (const name of ['disk.raw.gz', 'disk.qcow2.gz']) {
    await using image = await openImage(folder.at(name));
    fc.assert(
      fc.property(fc.nat({ max: expected.length }), fc.nat({ max: 200_000 }), (at, length) => {
        t.true(expected.subarray(at, at + length).equals(image.read(at, length)));
      }),
      { numRuns: 60 },
    );
  }
});

for (const [what, change] of Object.entries({
  'is replaced by another one': async (folder: Folder) => {
    await copyFile(folder.at('disk.raw.gz'), folder.at('other.gz'));
    await rename(folder.at('other.gz'), folder.at('source.raw.gz'));
  },
  'is written to': async (folder: Folder) => await appendFile(folder.at('source.raw.gz'), 'more'),
})) {
  test(`an indexed source that ${what} while it is read is an error, and nothing is left`, async (t) => {
    await using folder = await makeFolder();
    const raw = await makeRaw(folder.at('disk.raw'), 24 * mebibyte, [
      { offsetBytes: 0, bytes: noise(24 * mebibyte) },
    ]);
    await convert(raw, folder.at('source.raw.gz'), { level: 1 });
    await makeOwn(folder);
    const before = (await readdir(folder.path)).length;
    let changed: Promise<void> | undefined;
    const onProgress = () => {
      changed ??= change(folder);
    };
    const error = await t.throwsAsync(
      convert(folder.at('source.raw.gz'), folder.at('new.qcow2'), { threads: 1, onProgress }),
      { instanceOf: ForgeError },
    );
    await changed;
    t.true(['IO_SOURCE_CHANGED', 'GZIP_CORRUPT', 'IO_SHORT_READ'].includes(error?.code ?? ''), error?.code);
    t.is((await readdir(folder.path)).length, before);
  });
}

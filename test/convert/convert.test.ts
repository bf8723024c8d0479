import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import {
  type ConvertOptions,
  type ConvertProgress,
  convert,
  type FormatName,
  openImage,
} from '../../src/index.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, noise, prose, sha256 } from '../helpers/images.js';
import { judge } from '../helpers/referees.js';
import { removeGzipIndex, withoutGzipIndex } from '../helpers/without-gzip-index.js';

const MiB = 1024 * 1024;
const formats: readonly FormatName[] = ['raw', 'qcow2', 'raw.gz', 'qcow2.gz'];

async function makeDisk(path: string): Promise<string> {
  return await makeRaw(path, 18 * MiB, [
    { offsetBytes: 0, bytes: prose(3 * MiB) },
    { offsetBytes: 9 * MiB, bytes: noise(5 * MiB) },
  ]);
}

for (const format of formats) {
  test(`${format}: a stream gets the very bytes that a file gets, but for an index`, async (t) => {
    await using folder = await makeFolder();
    const raw = await makeDisk(folder.at('a.img'));
    await convert(raw, folder.at(`file.${format}`));
    const stream = new PassThrough();
    const received = buffer(stream);
    const result = await convert(raw, stream, { targetFormat: format });
    stream.end();
    const bytes = await received;
    const file = await readFile(folder.at(`file.${format}`));
    t.true(bytes.equals(format.endsWith('.gz') ? withoutGzipIndex(file) : file));
    if (format !== 'raw') t.is(result.writtenBytes, bytes.length);
  });

  test(`${format}: a stream is read as a file is`, async (t) => {
    await using folder = await makeFolder();
    const raw = await makeDisk(folder.at('a.img'));
    const source = folder.at(`source.${format}`);
    await convert(raw, source);
    for (const target of formats) {
      const path = folder.at(`target.${target}`);
      const result = await convert(createReadStream(source), path, { targetFormat: target, verify: true });
      t.is(result.sourceFormat, format);
      await t.notThrowsAsync(judge(path, target, raw));
    }
  });
}

test('a stream in pieces of a few bytes', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeRaw(folder.at('a.raw'), 3000, [{ offsetBytes: 0, bytes: prose(3000) }]);
  await convert(raw, folder.at('a.qcow2.gz'));
  const compressed = await readFile(folder.at('a.qcow2.gz'));
  const pieces = Array.from({ length: Math.ceil(compressed.length / 7) }, (_, i) =>
    compressed.subarray(i * 7, i * 7 + 7),
  );
  await convert(Readable.from(pieces), folder.at('b.raw'));
  await t.notThrowsAsync(judge(folder.at('b.raw'), 'raw', raw));
});

test('progress begins low, never goes back within a phase, and ends with everything done', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('a.raw'));
  await convert(raw, folder.at('a.raw.gz'));
  await removeGzipIndex(folder.at('a.raw.gz'));
  const seen: ConvertProgress[] = [];
  await convert(folder.at('a.raw.gz'), folder.at('b.qcow2.gz'), {
    verify: true,
    onProgress: (p) => seen.push(p),
  });
  t.deepEqual([...new Set(seen.map(({ phase }) => phase))], ['inflating', 'converting', 'verifying']);
  for (const [index, { phase, doneBytes, totalBytes }] of seen.entries()) {
    const before = seen[index - 1];
    t.true(totalBytes === undefined || doneBytes <= totalBytes);
    if (before?.phase === phase && before.totalBytes === totalBytes) t.true(doneBytes >= before.doneBytes);
  }
  // Of the five segments, the second and the last are holes.
  t.like(
    seen.findLast(({ phase }) => phase === 'converting'),
    { doneBytes: 12 * MiB, totalBytes: 12 * MiB },
  );
});

for (const format of formats) {
  test(`${format}: an abort at any time leaves nothing and throws the reason`, async (t) => {
    await using folder = await makeFolder();
    const raw = await makeDisk(folder.at('a.raw'));
    await convert(raw, folder.at('b.qcow2.gz'));
    const sources = [raw, folder.at('b.qcow2.gz')];
    for (const source of sources) {
      for (let calls = 0; calls < 6; calls += 1) {
        const controller = new AbortController();
        const reason = new Error('stop it');
        let left = calls;
        if (calls === 0) controller.abort(reason);
        const run = convert(source, folder.at(`c.${format}`), {
          verify: true,
          signal: controller.signal,
          onProgress: () => {
            left -= 1;
            if (left === 0) controller.abort(reason);
          },
        });
        const thrown = await t.throwsAsync(run, { any: true });
        t.is(thrown, reason);
        t.deepEqual((await readdir(folder.path)).sort(), ['a.raw', 'b.qcow2.gz']);
      }
    }
  });
}

test('a callback that throws ends the conversion as any failure does', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('a.raw'));
  const run = convert(raw, folder.at('b.qcow2'), {
    onProgress: () => {
      throw new Error('no more');
    },
  });
  await t.throwsAsync(run, { message: 'no more' });
  t.deepEqual(await readdir(folder.path), ['a.raw']);
});

test('the stream of a caller is left open', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('a.raw'));
  const stream = createWriteStream(folder.at('out'));
  await convert(raw, stream, { targetFormat: 'raw.gz' });
  t.false(stream.writableEnded);
  await new Promise<void>((resolve) => stream.end(() => resolve()));
});

test('options out of range are refused before anything is touched', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('a.raw'));
  const invalid = { code: 'ARGUMENT_INVALID' } as object;
  const faults: readonly ConvertOptions[] = [
    { level: -1 },
    { level: 13 },
    { level: 13, engine: 'zlib' },
    { level: 1.5 },
    { threads: 0 },
    { threads: Number.NaN },
  ];
  for (const options of faults) {
    await t.throwsAsync(convert(raw, folder.at('b.raw.gz'), options), invalid);
  }
  await t.throwsAsync(convert(raw, new PassThrough(), { targetFormat: 'raw', verify: true }), invalid);
  await t.throwsAsync(convert(raw, folder.at('b.unknown')), invalid);
  t.deepEqual(await readdir(folder.path), ['a.raw']);
});

test('many conversions at once share their threads and do not mix', async (t) => {
  await using folder = await makeFolder();
  const sources = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      makeRaw(folder.at(`${i}.raw`), 5 * MiB + i * 512, [
        { offsetBytes: i * 4096, bytes: prose(100_000, i + 1) },
      ]),
    ),
  );
  await Promise.all(sources.map((source) => convert(source, `${source}.qcow2.gz`, { verify: true })));
  for (const source of sources) await t.notThrowsAsync(judge(`${source}.qcow2.gz`, 'qcow2.gz', source));
});

test('an open image is read by offset, in every format', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('a.img'));
  const content = await readFile(raw);
  for (const format of formats) {
    const path = folder.at(`b.${format}`);
    await convert(raw, path);
    await using image = await openImage(path);
    t.is(image.virtualSizeBytes, 18 * MiB);
    for (const [start, length] of [
      [0, 512],
      [3 * MiB - 5, 10],
      [9 * MiB - 1, 70_000],
      [18 * MiB - 3, 3],
    ] as const) {
      t.true(Buffer.from(image.read(start, length)).equals(content.subarray(start, start + length)));
    }
    let at = 0;
    for (const extent of image.extents()) {
      t.is(extent.startBytes, at);
      at += extent.lengthBytes;
    }
    t.is(at, 18 * MiB);
  }
  t.is(await sha256(raw), await sha256(folder.at('b.raw')));
});

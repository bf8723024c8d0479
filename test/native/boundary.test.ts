import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { crc32, gzipSync, inflateRawSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { convert } from '../../src/index.js';
import { addon } from '../../src/native/addon.js';
import type { Compression, CompressOptions, NativeImage } from '../../src/native/boundary.js';
import { anyCompression, compressions } from '../helpers/compressions.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';

const addonUrl = new URL('../../src/native/addon.js', import.meta.url).href;

test('a call with a wrong argument says which, and does nothing', async (t) => {
  await using folder = await makeFolder();
  const path = await makeRaw(folder.at('a.raw'), 1000);
  const image = addon.openImage(path, 'raw');
  const invalid = { code: 'ARGUMENT_INVALID' };
  t.throws(() => addon.openImage(path, 'vmdk' as 'raw'), { ...invalid, message: /format must be/ });
  t.throws(() => addon.openImage('a\0b', 'raw'), { ...invalid, message: /NUL/ });
  t.throws(() => addon.openImage(7 as unknown as string, 'raw'), {
    ...invalid,
    message: /path must be a string/,
  });
  for (const start of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '0' as unknown as number]) {
    t.throws(() => image.read(start, new Uint8Array(1)), {
      ...invalid,
      message: /startBytes must be an integer/,
    });
  }
  t.throws(() => image.read(1000, new Uint8Array(1)), {
    ...invalid,
    message: /beyond the disk of 1000 bytes/,
  });
  t.throws(() => image.read(0, new Uint16Array(1) as unknown as Uint8Array), {
    ...invalid,
    message: /Uint8Array/,
  });
  t.throws(() => image.extents(900, 200, 10), invalid);
  t.throws(() => addon.findNonZero({} as NativeImage, 0, 1, new Uint8Array(1)), {
    ...invalid,
    message: /image must be an image from openImage/,
  });
  t.throws(() => addon.findNonZero(Object.create(image) as NativeImage, 0, 1, new Uint8Array(1)), invalid);
  t.throws(() => addon.findNonZero(image, 0, 1000, new Uint8Array(999)), {
    ...invalid,
    message: /at least 1000 bytes/,
  });
  t.throws(
    () => addon.deflateSegment(new Uint8Array(10), { engine: 'zlib', level: 6 }, new Uint8Array(1)),
    invalid,
  );
  t.throws(
    () => addon.deflateSegment(new Uint8Array(10), { engine: 'zlib', level: 10 }, new Uint8Array(1000)),
    invalid,
  );
  for (const engine of ['', 'zip', 1]) {
    const compression = { engine, level: 1 } as unknown as Compression;
    t.throws(() => addon.deflateSegment(new Uint8Array(10), compression, new Uint8Array(1000)), {
      code: typeof engine === 'string' ? 'ENGINE_UNAVAILABLE' : 'ARGUMENT_INVALID',
    });
  }
  image.close();
  t.throws(() => image.info(), { ...invalid, message: /closed/ });
  t.notThrows(() => image.close());
});

test('a segment is compressed into rooms that are large enough, or not at all', async (t) => {
  await using folder = await makeFolder();
  const image = addon.openImage(await makeRaw(folder.at('a.raw'), 100_000), 'raw');
  const room = () => new Uint8Array(131_072);
  const options: CompressOptions = {
    clusterBytes: 65_536,
    clusters: { type: 'zlib', engine: 'zlib', level: 6 },
    recompress: false,
    packed: room(),
    plain: room(),
    output: room(),
    storedBytes: new Uint32Array(2).fill(9),
  };
  const compress = (changes: Record<string, unknown>) =>
    addon.compressSegment(image, 0, 100_000, { ...options, ...changes } as CompressOptions);
  const invalid = { code: 'ARGUMENT_INVALID' };
  for (const name of ['packed', 'plain', 'output']) {
    t.throws(() => compress({ [name]: new Uint8Array(131_071) }), { ...invalid, message: new RegExp(name) });
  }
  t.throws(() => compress({ container: { engine: 'zlib', level: 1 } }), { ...invalid, message: /output/ });
  for (const storedBytes of [new Uint32Array(1), new Uint8Array(8), [0, 0], undefined]) {
    t.throws(() => compress({ storedBytes }), { ...invalid, message: /storedBytes must be a Uint32Array/ });
  }
  t.throws(() => compress({ clusterBytes: 0 }), invalid);
  t.throws(() => compress({ clusterBytes: 2 ** 22 }), invalid);
  t.throws(() => compress({ clusters: { type: 'lzo', level: 1 } }), invalid);
  t.throws(() => compress({ clusters: { type: 'zstd', level: 20 } }), invalid);
  t.throws(() => addon.compressSegment(image, 1, 100_000, options), invalid);
  const nothing = { contentBytes: 0, encodedBytes: 0, crc32: 0 };
  t.deepEqual(compress({}), { packed: nothing, plain: nothing });
  t.deepEqual(options.storedBytes, new Uint32Array(2));
  image.close();
});

test('a layout with compressed clusters', (t) => {
  t.throws(() => new addon.Qcow2Layout(65_536, 'lzo' as 'zlib'), { code: 'ARGUMENT_INVALID' });
  const layout = new addon.Qcow2Layout(65_536, 'zlib');
  t.throws(() => layout.addCompressed(0, 2, new Uint32Array(1)), { code: 'ARGUMENT_INVALID' });
  t.false(layout.addCompressed(0, 1, Uint32Array.of(100)));
  t.is(layout.placePlain(), 65_436);
});

test('the methods of one class are not fooled by objects of another', (t) => {
  const inflater = new addon.GzipInflater();
  const layout = new addon.Qcow2Layout(512);
  t.throws(() => layout.finish.call(inflater as never));
  t.throws(() => inflater.finish.call({} as never));
});

test('gzip is inflated by an engine that is asked for, if it can', (t) => {
  const content = Buffer.from(noise(100_000));
  const file = gzipSync(content);
  const names = addon.engines().map(({ name }) => name);
  for (const engine of ['isal', 'zlib'] as const) {
    if (!names.includes(engine)) {
      t.throws(() => new addon.GzipInflater(engine), { code: 'ENGINE_UNAVAILABLE' });
      continue;
    }
    const inflater = new addon.GzipInflater(engine);
    const output = new Uint8Array(content.length + 1);
    const { consumedBytes, producedBytes } = inflater.inflate(file, output);
    t.deepEqual([consumedBytes, producedBytes], [file.length, content.length]);
    t.true(content.equals(output.subarray(0, content.length)));
    t.is(inflater.finish(), undefined);
  }
  for (const other of ['libdeflate', 'zstd', '']) {
    t.throws(() => new addon.GzipInflater(other as 'zlib'), { code: 'ENGINE_UNAVAILABLE' });
  }
  t.throws(() => new addon.GzipInflater(7 as unknown as 'zlib'), { code: 'ARGUMENT_INVALID' });
});

test('a detached buffer is refused', (t) => {
  const bytes = new Uint8Array(10);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  t.is(addon.crc32(bytes), 0);
  t.throws(() => addon.deflateSegment(new Uint8Array(10), { engine: 'zlib', level: 6 }, bytes), {
    code: 'ARGUMENT_INVALID',
  });
});

test('segments deflate on their own, whatever is in them, and join', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 5 }),
      anyCompression,
      (segments, compression) => {
        const deflated = segments.map((segment) => {
          const output = new Uint8Array(addon.deflateBound(segment.length));
          return output.subarray(0, addon.deflateSegment(segment, compression, output));
        });
        const end = Uint8Array.of(3, 0);
        for (const [index, piece] of deflated.entries()) {
          t.deepEqual(inflateRawSync(Buffer.concat([piece, end])), Buffer.from(segments[index] ?? []));
        }
        t.deepEqual(inflateRawSync(Buffer.concat([...deflated, end])), Buffer.concat(segments));
      },
    ),
    { numRuns: 200 },
  );
});

test('checksums of joined and of zero runs are those of the bytes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 3000 }), (a, b) => {
      t.is(addon.crc32(a), crc32(a));
      t.is(addon.crc32Combine(crc32(a), crc32(b), b.length), crc32(Buffer.concat([a, b])));
      t.is(addon.crc32OfZeros(a.length), crc32(new Uint8Array(a.length)));
    }),
  );
});

test('the bound holds for what does not compress', (t) => {
  for (const length of [0, 1, 65_535, 65_536, 4 * 1024 * 1024]) {
    const output = new Uint8Array(addon.deflateBound(length));
    for (const compression of compressions) {
      t.true(addon.deflateSegment(noise(length), compression, output) <= output.length);
    }
  }
});

const busyWorker = `
  const { addon } = await import(${JSON.stringify(addonUrl)});
  const { parentPort, workerData } = await import('node:worker_threads');
  const output = new Uint8Array(addon.deflateBound(workerData.length));
  parentPort.postMessage('busy');
  for (;;) addon.deflateSegment(workerData, { engine: 'zlib', level: 1 }, output);
`;

test('a worker can be ended in the middle of a native call', async (t) => {
  const workerData = noise(4 * 1024 * 1024);
  for (let round = 0; round < 3; round += 1) {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(busyWorker)}`), {
      workerData,
    });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    t.is(await worker.terminate(), 1);
  }
});

test('a process can exit while workers are in native calls and images are open', async (t) => {
  const script = `
    import { Worker } from 'node:worker_threads';
    const { addon } = await import(${JSON.stringify(addonUrl)});
    globalThis.open = addon.openImage(process.execPath, 'raw');
    const source = ${JSON.stringify(busyWorker)};
    for (let i = 0; i < 2; i += 1) {
      const url = new URL('data:text/javascript,' + encodeURIComponent(source));
      const worker = new Worker(url, { workerData: new Uint8Array(4 << 20) });
      await new Promise((resolve) => worker.once('message', resolve));
    }
    process.exit(7);
  `;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  await t.throwsAsync(run, { code: 7 } as object);
});

test('a checker of a qcow2', async (t) => {
  await using folder = await makeFolder();
  const invalid = { code: 'ARGUMENT_INVALID' };
  t.throws(() => new addon.Qcow2Checker(7 as unknown as string), {
    ...invalid,
    message: /path must be a string/,
  });
  t.throws(() => new addon.Qcow2Checker(folder.at('gone')), { code: 'IO_NOT_FOUND' });
  const path = folder.at('a.qcow2');
  await makeRaw(folder.at('a.raw'), 1_000_000);
  await convert(folder.at('a.raw'), path);
  const checker = new addon.Qcow2Checker(path);
  while (!checker.step().isDone);
  t.is(checker.report().totalClusters, 16);
  checker.close();
  t.throws(() => checker.step(), { ...invalid, message: /closed/ });
  t.throws(() => checker.report(), invalid);
});

test('a placer of a qcow2, and what writes the runs that it tells', async (t) => {
  await using folder = await makeFolder();
  const invalid = { code: 'ARGUMENT_INVALID' };
  const placer = new addon.Qcow2Placer();
  t.throws(() => placer.take('QFI' as unknown as Uint8Array), { ...invalid, message: /block/ });
  const nothing = { here: new Float64Array(0), behind: new Float64Array(0) };
  t.deepEqual(placer.take(noise(65_536)), nothing);
  t.throws(() => placer.checkStep(7 as unknown as string), { ...invalid, message: /path must be a string/ });
  t.throws(() => placer.checkStep(folder.at('gone')), { code: 'IO_NOT_FOUND' });
  const target = await makeRaw(folder.at('target'), 0);
  const rest = await makeRaw(folder.at('rest'), 0);
  const block = new Uint8Array(100).fill(1);
  t.is(addon.scatterBlock(block, 1000, Float64Array.of(1010, 20, 0, 1030, 70, 500), target, rest), 90);
  for (const runs of [
    [990, 20, 0],
    [1090, 20, 0],
    [1050, 10, 0, 1040, 10, 0],
    [1010, 20, -1],
    [1010.5, 1, 0],
  ]) {
    t.throws(() => addon.scatterBlock(block, 1000, Float64Array.from(runs), target, rest), invalid);
  }
  t.throws(() => addon.scatterBlock(block, 0, [0, 1, 0] as never, target, rest), {
    ...invalid,
    message: /Float64Array/,
  });
  t.is(addon.moveRuns(Float64Array.of(1000, 10, 900), target, rest, new Uint8Array(10)), 10);
  t.throws(() => addon.moveRuns(Float64Array.of(0, 10, 0), target, rest, new Uint8Array(9)), {
    ...invalid,
    message: /at least 10 bytes/,
  });
});

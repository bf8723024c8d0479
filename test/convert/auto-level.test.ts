import { readdir, readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import type { FormatName } from '../../src/image/format.js';
import { type ConvertProgress, compareImages, convert } from '../../src/index.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, prose } from '../helpers/images.js';
import { removeGzipIndex } from '../helpers/without-gzip-index.js';

const auto = { level: 'auto', bandwidthBitsPerSecond: 200e6 } as const;
const islands = [
  { offsetBytes: 65_536, bytes: prose(300_000) },
  { offsetBytes: 9_000_000, bytes: prose(200_000, 7) },
];

test('level auto takes a level, says why, and gives what that level gives', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeRaw(folder.at('disk.raw'), 20_000_256, islands);
  for (const format of ['raw.gz', 'qcow2.gz'] satisfies FormatName[]) {
    const [chosen, told] = [folder.at(`auto.${format}`), folder.at(`told.${format}`)];
    const { levelChoice } = await convert(disk, chosen, auto);
    t.truthy(levelChoice);
    const { level = -1, measured = [], compression, totalMs = 0, contentBytes } = levelChoice ?? {};
    t.true(measured.some((each) => each.level === level));
    t.true(totalMs > 0);
    // Two islands, in clusters of 64 KiB.
    t.is(contentBytes, 5 * 65_536 + 5 * 65_536 - 65_536);
    t.truthy(compression);
    await convert(disk, told, { level });
    t.deepEqual(await readFile(chosen), await readFile(told));
    t.true((await compareImages(disk, chosen)).identical);
  }
});

test('level auto of what is inflated first, and into a stream', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeRaw(folder.at('disk.raw'), 20_000_256, islands);
  await convert(disk, folder.at('disk.raw.gz'));
  const stream = new PassThrough();
  const [bytes, result] = await Promise.all([
    buffer(stream),
    convert(folder.at('disk.raw.gz'), stream, { ...auto, targetFormat: 'qcow2.gz' }).finally(() =>
      stream.end(),
    ),
  ]);
  t.truthy(result.levelChoice);
  t.is(bytes.length, result.writtenBytes);
});

test('a disk of zeros has nothing to measure, and gets the default', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeRaw(folder.at('disk.raw'), 50_000_384);
  const zeros = await makeRaw(folder.at('zeros.raw'), 50_000_384, [
    { offsetBytes: 4096, bytes: new Uint8Array(1_000_000) },
  ]);
  for (const source of [disk, zeros]) {
    const { levelChoice } = await convert(source, folder.at('out.raw.gz'), { ...auto, force: true });
    t.is(levelChoice?.level, 6);
    t.deepEqual(levelChoice?.measured, []);
  }
});

test('what does not go together is refused, and nothing is written', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeRaw(folder.at('disk.raw'), 1 << 20);
  const target = folder.at('out.raw.gz');
  const refused = { code: 'ARGUMENT_INVALID' };
  await t.throwsAsync(convert(disk, target, { level: 'auto' }), { ...refused, message: /add its bandwidth/ });
  await t.throwsAsync(convert(disk, target, { bandwidthBitsPerSecond: 1e6 }), {
    ...refused,
    message: /with level 'auto' only/,
  });
  await t.throwsAsync(convert(disk, target, { ...auto, engine: 'zlib' }), {
    ...refused,
    message: /leave the engine out/,
  });
  await t.throwsAsync(convert(disk, folder.at('out.qcow2'), auto), { ...refused, message: /\.gz targets/ });
  for (const bandwidthBitsPerSecond of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    await t.throwsAsync(convert(disk, target, { level: 'auto', bandwidthBitsPerSecond }), {
      ...refused,
      message: /bits per second; allowed/,
    });
  }
});

test('stopped while it measures nothing is left, and the reason is thrown', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeRaw(folder.at('disk.raw'), 20_000_256, islands);
  await convert(disk, folder.at('disk.raw.gz'));
  await removeGzipIndex(folder.at('disk.raw.gz'));
  const controller = new AbortController();
  // What comes behind the inflating is the measuring.
  const onProgress = ({ phase, doneBytes, totalBytes }: ConvertProgress) => {
    if (phase === 'inflating' && doneBytes === totalBytes)
      setImmediate(() => controller.abort(new Error('enough')));
    t.not(phase, 'converting');
  };
  const options = { ...auto, signal: controller.signal, onProgress };
  await t.throwsAsync(convert(folder.at('disk.raw.gz'), folder.at('out.qcow2.gz'), options), {
    message: 'enough',
  });
  t.deepEqual((await readdir(folder.path)).sort(), ['disk.raw', 'disk.raw.gz']);
});

import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { convert } from '../../src/index.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import {
  type ForeignImage,
  foreignImages,
  foreignImagesWithSubclusters,
  makeForeign,
} from '../helpers/foreign-image.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';

const MiB = 2 ** 20;

/** Room for what file systems count differently from one write to the next. */
const slackBytes = 256 * 1024;

/** Has the image converted within gzip and through a stream, and throws unless both are what qemu-img makes of it. */
async function assertStreamsAsQemuConverts(folder: Folder, image: string): Promise<void> {
  const expected = folder.at('expected.raw');
  await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', image, expected);
  const content = await readFile(expected);
  const { blocks } = await stat(expected);
  await writeFile(`${image}.gz`, gzipSync(await readFile(image), { level: 1 }));
  for (const source of [`${image}.gz`, createReadStream(image), createReadStream(`${image}.gz`)]) {
    const target = folder.at('streamed.raw');
    await convert(source, target, { force: true });
    if (!(await readFile(target)).equals(content)) throw new Error('other bytes than those of qemu-img');
    const taken = await stat(target);
    if (taken.blocks * 512 > blocks * 512 + slackBytes) {
      throw new Error(`takes ${taken.blocks} blocks, where qemu-img takes ${blocks}`);
    }
  }
}

for (const [what, images] of [
  ['images as qemu writes them', foreignImages],
  ['images with subclusters as qemu writes them', foreignImagesWithSubclusters],
] as const) {
  test(`${what}, read forwards`, async (t) => {
    const judge = async (image: ForeignImage) => {
      await using folder = await makeFolder();
      const source = folder.at('source.qcow2');
      await makeForeign(source, image);
      await assertStreamsAsQemuConverts(folder, source);
    };
    await fc.assert(fc.asyncProperty(images, judge), { numRuns: 15, includeErrorInReport: true });
    t.pass('fast-check has judged every image');
  });
}

/** Some blocks' worth of text, noise, zeros and holes. */
function makeDisk(folder: Folder): Promise<string> {
  return makeRaw(folder.at('disk.raw'), 18 * MiB + 512, [
    { offsetBytes: 0, bytes: prose(3 * MiB) },
    { offsetBytes: 7 * MiB + 4096, bytes: noise(2 * MiB + 700) },
    { offsetBytes: 13 * MiB, bytes: new Uint8Array(2 * MiB) },
    { offsetBytes: 17 * MiB, bytes: noise(MiB + 512) },
  ]);
}

const ways: Readonly<Record<string, readonly string[]>> = {
  'as it does unless told': [],
  'out of order': ['-W', '-m', '16'],
  compressed: ['-c'],
  'compressed with zstd': ['-c', '-o', 'compression_type=zstd'],
  'with metadata for all of the disk': ['-o', 'preallocation=metadata'],
  'of version 2': ['-o', 'compat=0.10'],
  'with subclusters': ['-o', 'extended_l2=on'],
  'with subclusters in large clusters': ['-o', 'extended_l2=on,cluster_size=2M'],
  'with lazy refcounts': ['-o', 'lazy_refcounts=on'],
  ...Object.fromEntries(
    ['512', '1k', '2k', '4k', '8k', '32k', '128k', '1M', '2M'].map((size) => [
      `with clusters of ${size}`,
      ['-o', `cluster_size=${size}`],
    ]),
  ),
};

for (const [way, options] of Object.entries(ways)) {
  test(`what "qemu-img convert" writes ${way}, read forwards`, async (t) => {
    await using folder = await makeFolder();
    const image = folder.at('a.qcow2');
    await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', ...options, await makeDisk(folder), image);
    await t.notThrowsAsync(assertStreamsAsQemuConverts(folder, image));
  });
}

async function makeImage(folder: Folder, size: string, ...commands: string[]): Promise<string> {
  const image = folder.at('a.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', image, size);
  await qemuIo(image, 'qcow2', ...commands);
  return image;
}

test('clusters in descending order, read forwards', async (t) => {
  await using folder = await makeFolder();
  const commands = Array.from({ length: 60 }, (_, i) => `write -P ${i + 1} ${(59 - i) * 192}k 192k`);
  await t.notThrowsAsync(assertStreamsAsQemuConverts(folder, await makeImage(folder, '12M', ...commands)));
});

test('clusters that were given back and used again, read forwards', async (t) => {
  await using folder = await makeFolder();
  const image = await makeImage(
    folder,
    '700M',
    'write -P 1 0 8M',
    'discard 2M 4M',
    'write -P 2 600M 3M',
    'write -P 3 1M 2M',
    'write -z 512k 256k',
  );
  await t.notThrowsAsync(assertStreamsAsQemuConverts(folder, image));
});

test('tables behind their data, after the disk has grown, read forwards', async (t) => {
  await using folder = await makeFolder();
  const image = await makeImage(folder, '64M', 'write -P 1 0 9M');
  // So large that the L1 table has to be moved behind the data.
  await qemuImg('resize', '-q', image, '6T');
  await qemuIo(image, 'qcow2', 'write -P 2 3G 5M', 'write -P 3 20M 5M');
  await writeFile(`${image}.gz`, gzipSync(await readFile(image), { level: 1 }));
  await convert(`${image}.gz`, folder.at('a.raw'));
  await t.notThrowsAsync(qemuImg('compare', '-f', 'qcow2', '-F', 'raw', image, folder.at('a.raw')));
});

async function withSnapshots(folder: Folder): Promise<string> {
  const image = await makeImage(folder, '40M', 'write -P 1 0 12M');
  await qemuImg('snapshot', '-c', 'one', image);
  await qemuIo(image, 'qcow2', 'write -P 2 3M 2M', 'write -P 3 30M 5M');
  await qemuImg('snapshot', '-c', 'two', image);
  await qemuIo(image, 'qcow2', 'write -P 4 4M 6M', 'discard 31M 1M');
  return image;
}

test('clusters that snapshots share, read forwards', async (t) => {
  await using folder = await makeFolder();
  const image = await withSnapshots(folder);
  await t.notThrowsAsync(assertStreamsAsQemuConverts(folder, image));
  await qemuImg('snapshot', '-d', 'one', image);
  await t.notThrowsAsync(assertStreamsAsQemuConverts(folder, image));
  await qemuImg('snapshot', '-a', 'two', image);
  await t.notThrowsAsync(assertStreamsAsQemuConverts(folder, image));
});

test('a snapshot, read forwards', async (t) => {
  await using folder = await makeFolder();
  const image = await withSnapshots(folder);
  await qemuImg('convert', '-l', 'one', '-f', 'qcow2', '-O', 'raw', image, folder.at('expected.raw'));
  await convert(createReadStream(image), folder.at('one.raw'), { snapshot: 'one' });
  t.true((await readFile(folder.at('one.raw'))).equals(await readFile(folder.at('expected.raw'))));
});

async function assertOwnStreams(t: ExecutionContext, folder: Folder, disk: string): Promise<void> {
  await convert(disk, folder.at('own.qcow2'));
  await t.notThrowsAsync(assertStreamsAsQemuConverts(folder, folder.at('own.qcow2')));
}

test('what omiforge writes itself, read forwards', async (t) => {
  await using folder = await makeFolder();
  await assertOwnStreams(t, folder, await makeDisk(folder));
});

test('what omiforge writes itself of a disk with several tables, read forwards', async (t) => {
  await using folder = await makeFolder();
  const islands = [0, 511, 512, 900, 1024].map((at) => ({ offsetBytes: at * MiB, bytes: noise(3 * MiB) }));
  const disk = await makeRaw(folder.at('disk.raw'), 1030 * MiB, islands);
  await convert(disk, folder.at('own.qcow2.gz'), { level: 1 });
  await convert(folder.at('own.qcow2.gz'), folder.at('own.raw'));
  await t.notThrowsAsync(qemuImg('compare', '-f', 'raw', '-F', 'raw', disk, folder.at('own.raw')));
});

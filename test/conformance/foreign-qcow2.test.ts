import test from 'ava';
import fc from 'fast-check';
import { convert, openImage } from '../../src/index.js';
import { makeFolder } from '../helpers/folder.js';
import {
  type ForeignImage,
  foreignImages,
  foreignImagesWithSubclusters,
  makeForeign,
} from '../helpers/foreign-image.js';
import { makeRaw, prose } from '../helpers/images.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { judge } from '../helpers/referees.js';

const KiB = 1024;

async function assertReadAsQemuDoes(image: ForeignImage): Promise<void> {
  await using folder = await makeFolder();
  const source = folder.at('source.qcow2');
  await makeForeign(source, image);
  const expected = folder.at('expected.raw');
  await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', source, expected);
  await convert(source, folder.at('ours.raw'));
  await judge(folder.at('ours.raw'), 'raw', expected);
  await convert(source, folder.at('ours.qcow2'));
  await judge(folder.at('ours.qcow2'), 'qcow2', expected);
}

test('images as qemu writes them: every version, cluster size, refcount width and kind of cluster', async (t) => {
  await fc.assert(fc.asyncProperty(foreignImages, assertReadAsQemuDoes), {
    numRuns: 25,
    includeErrorInReport: true,
  });
  t.pass('fast-check has judged every image');
});

test('images with subclusters as qemu writes them', async (t) => {
  await fc.assert(fc.asyncProperty(foreignImagesWithSubclusters, assertReadAsQemuDoes), {
    numRuns: 20,
    includeErrorInReport: true,
  });
  t.pass('fast-check has judged every image');
});

for (const options of [
  'compression_type=zlib',
  'compression_type=zstd',
  'extended_l2=on,compression_type=zstd',
]) {
  test(`qcow2 as "qemu-img convert -c -o ${options}" writes it`, async (t) => {
    await using folder = await makeFolder();
    const image = folder.at('a.qcow2');
    await makeRaw(folder.at('program.raw'), 8 * KiB * KiB, [
      { offsetBytes: 0, bytes: prose(3 * KiB * KiB) },
      { offsetBytes: 5 * KiB * KiB, bytes: prose(100_000) },
    ]);
    await qemuImg(
      'convert',
      '-c',
      '-f',
      'raw',
      '-O',
      'qcow2',
      '-o',
      options,
      folder.at('program.raw'),
      image,
    );
    await convert(image, folder.at('a.raw'));
    await t.notThrowsAsync(judge(folder.at('a.raw'), 'raw', folder.at('program.raw')));
  });
}

test('the active state is read, whatever snapshots there are', async (t) => {
  await using folder = await makeFolder();
  const source = folder.at('a.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', source, '8M');
  await qemuIo(source, 'qcow2', 'write -P 0x11 0 1M');
  await qemuImg('snapshot', '-c', 'before', source);
  await qemuIo(source, 'qcow2', 'write -P 0x22 0 512k');
  await using image = await openImage(source);
  t.deepEqual(image.read(0, 1), Uint8Array.of(0x22));
  t.deepEqual(image.read(1024 * 1024 - 1, 1), Uint8Array.of(0x11));
  t.like(image.facts, { snapshotCount: 1 });
});

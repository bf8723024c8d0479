import { stat } from 'node:fs/promises';
import test from 'ava';
import { compareImages, convert, openImage } from '../../src/index.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';
import { checkClean, compareWithQemu } from '../helpers/qemu.js';
import { gunzipTo } from '../helpers/referees.js';

const GiB = 1024 ** 3;
const TiB = 1024 ** 4;

// The cost must follow the data: a terabyte that was read or deflated would take this test many minutes.
test('1 TiB with three islands of data, to every format and back', async (t) => {
  await using folder = await makeFolder();
  const islands = [0, TiB / 2 + 12_345, TiB - 70_000].map((offsetBytes) => ({
    offsetBytes,
    bytes: noise(70_000),
  }));
  const raw = await makeRaw(folder.at('sparse.raw'), TiB, islands);

  await convert(raw, folder.at('a.qcow2'));
  await checkClean(folder.at('a.qcow2'));
  await compareWithQemu(raw, 'raw', folder.at('a.qcow2'), 'qcow2');
  t.true((await stat(folder.at('a.qcow2'))).size < 2 * 1024 ** 2);

  await convert(raw, folder.at('a.qcow2.gz'), { verify: true });
  await gunzipTo(folder.at('b.qcow2'), folder.at('a.qcow2.gz'));
  await checkClean(folder.at('b.qcow2'));
  t.like(await compareImages(folder.at('b.qcow2'), folder.at('a.qcow2')), { identical: true });

  await convert(folder.at('a.qcow2.gz'), folder.at('back.raw'));
  const back = await stat(folder.at('back.raw'));
  t.is(back.size, TiB);
  t.true(back.blocks * 512 < 4 * 1024 ** 2, 'holes stay holes');
  t.like(await compareImages(raw, folder.at('back.raw')), { identical: true, sizesDiffer: false });

  // 1 TiB of zeros is a constant pattern of about 1 GiB, which nothing has to compress.
  const { readBytes, writtenBytes } = await convert(raw, folder.at('a.raw.gz'));
  t.true(readBytes < GiB / 16);
  t.true(writtenBytes < 1.01 * GiB);

  // As a source it is a pattern to compare with: nothing inflates or spills a terabyte.
  for (const name of ['a.raw.gz', 'a.qcow2.gz']) {
    await convert(folder.at(name), folder.at(`${name}.raw`));
    t.true((await stat(folder.at(`${name}.raw`))).blocks * 512 < 4 * 1024 ** 2, 'holes stay holes');
    t.like(await compareImages(raw, folder.at(`${name}.raw`)), { identical: true, sizesDiffer: false });
  }
});

test('guest bytes can be read anywhere on a disk of 1 PiB', async (t) => {
  await using folder = await makeFolder();
  const petabyte = 1024 * TiB;
  const raw = await makeRaw(folder.at('small.raw'), GiB, [{ offsetBytes: 1000, bytes: Uint8Array.of(9) }]);
  await convert(raw, folder.at('small.qcow2'));
  await using image = await openImage(folder.at('small.qcow2'));
  t.deepEqual(image.read(1000, 1), Uint8Array.of(9));
  t.is(image.read(GiB - 1, 10).length, 1);
  t.is(image.read(petabyte, 10).length, 0);
});

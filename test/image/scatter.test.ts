import { createReadStream } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { isStored } from '../../src/image/extents.js';
import { probeSource } from '../../src/image/readable-image.js';
import { openScattered } from '../../src/image/scatter.js';
import { convert } from '../../src/index.js';
import { WorkerPool } from '../../src/workers/worker-pool.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';

const MiB = 2 ** 20;

interface Scattered {
  readonly placedBytes: number;
  readonly writtenBytes: number;
  /** Guest bytes that are still to be copied. */
  readonly leftBytes: number;
  /** Room that the spill takes with them and the tables. */
  readonly spillBytes: number;
}

async function scatter(folder: Folder, image: string): Promise<Scattered> {
  const target = await makeRaw(folder.at('target.raw'), 0);
  await using pool = new WorkerPool(2);
  await using probed = await probeSource(createReadStream(image), {});
  const { image: left, ...counts } = await openScattered(probed, target, { pool, spillFolder: folder.path });
  await using rest = left;
  let leftBytes = 0;
  for (const extent of rest.extents()) leftBytes += isStored(extent) ? extent.lengthBytes : 0;
  const { blocks } = await stat(rest.ref.path);
  return { ...counts, leftBytes, spillBytes: blocks * 512 };
}

async function makeDisk(folder: Folder, sizeBytes: number, offsets: readonly number[]): Promise<string> {
  const islands = offsets.map((offsetBytes) => ({ offsetBytes, bytes: noise(5 * MiB) }));
  return await makeRaw(folder.at('disk.raw'), sizeBytes, islands);
}

test('all data of what qemu-img writes is placed, and nothing is left to copy', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeDisk(folder, 600 * MiB, [0, 9 * MiB, 550 * MiB]);
  await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', disk, folder.at('a.qcow2'));
  const { spillBytes, ...counts } = await scatter(folder, folder.at('a.qcow2'));
  t.deepEqual(counts, { placedBytes: 15 * MiB, writtenBytes: 15 * MiB, leftBytes: 0 });
  t.true(spillBytes < MiB);
});

test('so is what omiforge writes, where the tables come late', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeDisk(folder, 1100 * MiB, [0, 9 * MiB, 550 * MiB, 1050 * MiB]);
  await convert(disk, folder.at('a.qcow2'));
  const { spillBytes, ...counts } = await scatter(folder, folder.at('a.qcow2'));
  t.deepEqual(counts, { placedBytes: 20 * MiB, writtenBytes: 20 * MiB, leftBytes: 0 });
  // What waited for its table has given its room back.
  t.true(spillBytes < MiB);
});

test('what is compressed, or shared by snapshots, is left', async (t) => {
  await using folder = await makeFolder();
  const image = folder.at('a.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', image, '64M');
  await qemuIo(image, 'qcow2', 'write -P 1 0 8M', 'write -c -P 2 16M 64k');
  await qemuImg('snapshot', '-c', 'one', image);
  await qemuIo(image, 'qcow2', 'write -P 3 6M 8M');
  const { spillBytes, ...counts } = await scatter(folder, image);
  t.deepEqual(counts, { placedBytes: 8 * MiB, writtenBytes: 8 * MiB, leftBytes: 6 * MiB + 65536 });
  // Of the cluster that is compressed hardly anything, and what was overwritten since the snapshot.
  t.true(spillBytes > 8 * MiB && spillBytes < 9 * MiB);
});

/** An image in which two guest clusters are in one host cluster, whose copied flag says that it is in use once. */
async function makeShared(folder: Folder): Promise<string> {
  const image = folder.at('a.qcow2');
  const disk = await makeDisk(folder, 700 * MiB, [0, 600 * MiB]);
  await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', disk, image);
  const bytes = await readFile(image);
  const entryOf = (at: number) => Number(bytes.readBigUInt64BE(at) & 0x00fffffffffffe00n);
  const l1 = Number(bytes.readBigUInt64BE(40));
  const [first, second] = [entryOf(l1), entryOf(l1 + 8)];
  const guestCluster = (600 * MiB - 512 * MiB) / 65536;
  bytes.copy(bytes, second + guestCluster * 8, first, first + 8);
  await writeFile(image, bytes);
  return image;
}

async function assertLeavesNothing(t: ExecutionContext, folder: Folder, action: () => Promise<unknown>) {
  const before = await readdir(folder.path);
  await action();
  t.deepEqual(await readdir(folder.path), before);
}

test('a cluster that has another use than its flag says is an error, and nothing is left', async (t) => {
  await using folder = await makeFolder();
  const image = await makeShared(folder);
  await writeFile(`${image}.gz`, gzipSync(await readFile(image), { level: 1 }));
  await assertLeavesNothing(t, folder, () =>
    t.throwsAsync(convert(`${image}.gz`, folder.at('new.raw')), {
      code: 'QCOW2_CORRUPT',
      message: /copied flag.*omiforge check/,
    }),
  );
});

test('where the content is damaged or cut at the end, nothing is left', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeDisk(folder, 40 * MiB, [0, 20 * MiB]);
  await convert(disk, folder.at('a.qcow2.gz'), { level: 1 });
  const gzip = await readFile(folder.at('a.qcow2.gz'));
  const damaged = Buffer.from(gzip);
  damaged.writeUInt32LE(1, damaged.length - 8);
  for (const [bytes, code] of [
    [damaged, 'GZIP_CHECKSUM_MISMATCH'],
    [gzip.subarray(0, gzip.length - 9), 'GZIP_TRUNCATED'],
  ] as const) {
    await writeFile(folder.at('b.qcow2.gz'), bytes);
    await assertLeavesNothing(t, folder, () =>
      t.throwsAsync(convert(folder.at('b.qcow2.gz'), folder.at('new.raw')), { code }),
    );
  }
});

test('a signal ends it wherever it comes, and nothing is left', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeDisk(folder, 1100 * MiB, [0, 9 * MiB, 550 * MiB]);
  await convert(disk, folder.at('a.qcow2'));
  // Without an index, so that it is read forwards.
  await writeFile(folder.at('a.qcow2.gz'), gzipSync(await readFile(folder.at('a.qcow2')), { level: 1 }));
  for (const stopAfter of [1, 8, 14, 16]) {
    const stopping = new AbortController();
    let calls = 0;
    const onProgress = () => {
      calls += 1;
      if (calls === stopAfter) stopping.abort(new Error('enough'));
    };
    await assertLeavesNothing(t, folder, () =>
      t.throwsAsync(
        convert(folder.at('a.qcow2.gz'), folder.at('new.raw'), { signal: stopping.signal, onProgress }),
        { message: 'enough' },
      ),
    );
  }
});

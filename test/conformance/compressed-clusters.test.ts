import { createWriteStream } from 'node:fs';
import { copyFile, open, readFile, stat } from 'node:fs/promises';
import test from 'ava';
import fc from 'fast-check';
import {
  type CompressionType,
  checkImage,
  compareImages,
  convert,
  type FormatName,
  openImage,
} from '../../src/index.js';
import { compressedOffset, deflateStreams } from '../helpers/compressed-clusters.js';
import { makeFolder } from '../helpers/folder.js';
import { type Island, makeRaw, noise, prose, sha256 } from '../helpers/images.js';
import { checkClean, compareWithQemu, qemuImg, qemuIo } from '../helpers/qemu.js';
import { judge } from '../helpers/referees.js';
import { withoutGzipIndex } from '../helpers/without-gzip-index.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const cluster = 64 * KiB;
const types: readonly CompressionType[] = ['zlib', 'zstd'];
const targets: readonly FormatName[] = ['qcow2', 'qcow2.gz'];

/**
 * Compressible, incompressible and mixed clusters, holes, and a region without data between two with some.
 *
 * @param moreBytes make the disk longer by so much, so that it ends within a cluster
 */
async function makeDisk(path: string, moreBytes = 0): Promise<string> {
  return await makeRaw(path, 1100 * MiB + moreBytes, [
    { offsetBytes: 0, bytes: prose(5 * MiB) },
    { offsetBytes: 8 * MiB, bytes: noise(3 * MiB) },
    { offsetBytes: 12 * MiB + 100, bytes: noise(700 * KiB) },
    { offsetBytes: 14 * MiB, bytes: new Uint8Array(2 * MiB).fill(7) },
    { offsetBytes: 1024 * MiB - 100, bytes: prose(300 * KiB) },
    { offsetBytes: 1100 * MiB - 1000, bytes: noise(1000 + moreBytes) },
  ]);
}

for (const type of types) {
  for (const format of targets) {
    test(`${format} with ${type} clusters: every referee is content, and gets the disk out of it`, async (t) => {
      await using folder = await makeFolder();
      const raw = await makeDisk(folder.at('a.img'), 512);
      const target = folder.at(`b.${format}`);
      await convert(raw, target, { clusterCompression: type, verify: true });
      await judge(target, format, raw);
      t.true((await compareImages(raw, target)).identical);
      const checked = await checkImage(target);
      t.is(checked.counts?.corruptions, 0);
      t.is(checked.counts?.leaks, 0);
      t.true((checked.counts?.compressedClusters ?? 0) > 100);
      const plain = format === 'qcow2' ? target : `${target}.plain`;
      const info = JSON.parse(await qemuImg('info', '--output=json', plain));
      t.is(info['format-specific'].data['compression-type'], type);
      await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', plain, folder.at('c.raw'));
      await compareWithQemu(folder.at('c.raw'), 'raw', raw, 'raw');
    });
  }
}

for (const type of types) {
  test(`${type}: the same bytes for any number of threads, and for a stream`, async (t) => {
    await using folder = await makeFolder();
    const raw = await makeDisk(folder.at('a.img'));
    for (const format of targets) {
      const bytes: Buffer[] = [];
      for (const threads of [1, 2, 4]) {
        const target = folder.at(`${threads}.${format}`);
        await convert(raw, target, { clusterCompression: type, threads });
        bytes.push(await readFile(target));
      }
      const stream = createWriteStream(folder.at('stream'));
      await convert(raw, stream, { clusterCompression: type, targetFormat: format });
      await new Promise<void>((resolve) => stream.end(resolve));
      const [file = Buffer.alloc(0), ...others] = bytes;
      for (const other of others) t.is(Buffer.compare(file, other), 0);
      const expected = format === 'qcow2' ? file : withoutGzipIndex(file);
      t.is(Buffer.compare(await readFile(folder.at('stream')), expected), 0);
    }
  });
}

test('a disk that does not compress takes hardly more than one without compressed clusters', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeRaw(folder.at('a.raw'), 80 * MiB, [{ offsetBytes: 0, bytes: noise(80 * MiB) }]);
  await convert(raw, folder.at('plain.qcow2'));
  await convert(raw, folder.at('b.qcow2'), { clusterCompression: 'zlib' });
  t.is((await stat(folder.at('b.qcow2'))).size, (await stat(folder.at('plain.qcow2'))).size);
  await judge(folder.at('b.qcow2'), 'qcow2', raw);
});

test('an empty disk, and disks of less than a cluster', async (t) => {
  await using folder = await makeFolder();
  for (const [size, bytes] of [
    [1 * MiB, new Uint8Array(0)],
    [700, prose(700)],
    [1, Uint8Array.of(1)],
  ] as const) {
    const raw = await makeRaw(folder.at('a.raw'), size, [{ offsetBytes: 0, bytes }]);
    for (const clusterCompression of types) {
      await convert(raw, folder.at('b.qcow2'), { clusterCompression, verify: true, force: true });
      await t.notThrowsAsync(judge(folder.at('b.qcow2'), 'qcow2', raw));
    }
  }
});

test('random disks, with clusters of every kind in any order', async (t) => {
  const anyCluster = fc.record({
    index: fc.nat({ max: 300 }),
    kind: fc.constantFrom('prose', 'noise', 'one value', 'nearly noise', 'zeros'),
    seed: fc.nat({ max: 1000 }),
  });
  const bytesOf = ({ kind, seed }: { kind: string; seed: number }): Uint8Array => {
    if (kind === 'prose') return prose(cluster, seed + 1);
    if (kind === 'one value') return new Uint8Array(cluster).fill(1 + (seed % 255));
    if (kind === 'zeros') return new Uint8Array(cluster);
    const bytes = noise(cluster);
    return kind === 'noise' ? bytes : bytes.fill(3, 0, 100 + seed);
  };
  const anyDisk = fc.record({
    clusters: fc.array(anyCluster, { maxLength: 80 }),
    size: fc.integer({ min: 1, max: 301 * 128 }),
    clusterCompression: fc.constantFrom(...types),
    threads: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(anyDisk, async ({ clusters, size, clusterCompression, threads }) => {
      await using folder = await makeFolder();
      const islands: Island[] = clusters.map((one) => ({
        offsetBytes: one.index * cluster,
        bytes: bytesOf(one),
      }));
      const raw = await makeRaw(folder.at('a.raw'), 301 * cluster, islands);
      const handle = await open(raw, 'r+');
      await handle.truncate(size * 512);
      await handle.close();
      await convert(raw, folder.at('b.qcow2'), { clusterCompression, threads });
      await checkClean(folder.at('b.qcow2'));
      await compareWithQemu(folder.at('b.qcow2'), 'qcow2', raw, 'raw');
      t.true((await compareImages(raw, folder.at('b.qcow2'))).identical);
    }),
    { numRuns: 15 },
  );
});

test('clusters that the source has in the same kind are taken as they are', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('a.img'));
  const [source, target] = [folder.at('q.qcow2'), folder.at('b.qcow2')];
  for (const version of ['0.10', '1.1']) {
    await qemuImg('convert', '-c', '-O', 'qcow2', '-o', `compat=${version}`, raw, source);
    await convert(source, target, { clusterCompression: 'zlib', verify: true, force: true });
    await judge(target, 'qcow2', raw);
    const expected = await deflateStreams(source);
    t.true(expected.size > 100);
    t.deepEqual(await deflateStreams(target), expected);
  }
  await convert(source, target, { clusterCompression: 'zlib', level: 9, force: true });
  t.notDeepEqual(await deflateStreams(target), await deflateStreams(source));
  await judge(target, 'qcow2', raw);
});

test('zstd clusters are taken as they are: the second copy is the same as the first', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('a.img'));
  await convert(raw, folder.at('b.qcow2'), { clusterCompression: 'zstd', level: 15 });
  await convert(folder.at('b.qcow2'), folder.at('c.qcow2'), { clusterCompression: 'zstd' });
  t.is(await sha256(folder.at('c.qcow2')), await sha256(folder.at('b.qcow2')));
  await qemuImg('convert', '-c', '-O', 'qcow2', '-o', 'compression_type=zstd', raw, folder.at('q.qcow2'));
  await convert(folder.at('q.qcow2'), folder.at('d.qcow2'), { clusterCompression: 'zstd', verify: true });
  await judge(folder.at('d.qcow2'), 'qcow2', raw);
});

test('other kinds and sizes of clusters are compressed anew', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('a.img'));
  const [source, target] = [folder.at('q.qcow2'), folder.at('b.qcow2')];
  for (const options of [
    'compression_type=zstd',
    'cluster_size=4k',
    'cluster_size=2M',
    'compat=0.10,cluster_size=32k',
    'cluster_size=128k,extended_l2=on',
  ]) {
    await qemuImg('convert', '-c', '-O', 'qcow2', '-o', options, raw, source);
    await convert(source, target, { clusterCompression: 'zlib', force: true });
    await t.notThrowsAsync(judge(target, 'qcow2', raw), options);
  }
});

test('the last cluster of a disk that ends within it is compressed anew', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeRaw(folder.at('a.raw'), 100 * KiB, [{ offsetBytes: 0, bytes: prose(100 * KiB) }]);
  await qemuImg('convert', '-c', '-O', 'qcow2', raw, folder.at('q.qcow2'));
  await convert(folder.at('q.qcow2'), folder.at('b.qcow2'), { clusterCompression: 'zlib' });
  await judge(folder.at('b.qcow2'), 'qcow2', raw);
  const [source, target] = await Promise.all(
    ['q.qcow2', 'b.qcow2'].map((name) => deflateStreams(folder.at(name))),
  );
  t.deepEqual(target?.get(0), source?.get(0));
  t.notDeepEqual(target?.get(1), source?.get(1));
});

test('a cluster of an overlay that hides a part of a compressed one', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('a.img'));
  await qemuImg('convert', '-c', '-O', 'qcow2', raw, folder.at('base.qcow2'));
  await qemuImg('create', '-f', 'qcow2', '-F', 'qcow2', '-b', 'base.qcow2', folder.at('over.qcow2'));
  await qemuIo(folder.at('over.qcow2'), 'qcow2', 'write -P 5 70k 3k', 'write -z 256k 64k');
  const target = folder.at('b.qcow2');
  await convert(folder.at('over.qcow2'), target, { clusterCompression: 'zlib', allowExternal: true });
  await checkClean(target);
  await t.notThrowsAsync(compareWithQemu(target, 'qcow2', folder.at('over.qcow2'), 'qcow2'));
});

test('a damaged compressed cluster is an error, and not copied', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeRaw(folder.at('a.raw'), 8 * MiB, [{ offsetBytes: 0, bytes: prose(8 * MiB) }]);
  for (const clusterCompression of types) {
    const whole = folder.at('whole.qcow2');
    await convert(raw, whole, { clusterCompression, force: true });
    const file = await readFile(whole);
    const l2 = Number(file.readBigUInt64BE(Number(file.readBigUInt64BE(40))) & 0x00ff_ffff_ffff_fe00n);
    const damaged = folder.at('damaged.qcow2');
    await copyFile(whole, damaged);
    const handle = await open(damaged, 'r+');
    await handle.write(
      new Uint8Array(200).fill(255),
      0,
      200,
      compressedOffset(file.readBigUInt64BE(l2 + 80)),
    );
    await handle.close();
    const target = folder.at('target.qcow2');
    await t.throwsAsync(convert(damaged, target, { clusterCompression }), {
      code: 'QCOW2_CORRUPT',
      message: /does not inflate to one cluster/,
    });
    await t.throwsAsync(stat(target), { code: 'ENOENT' });
  }
});

test('what is told of the extents', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeRaw(folder.at('a.raw'), 1 * MiB, [
    { offsetBytes: 0, bytes: prose(2 * cluster) },
    { offsetBytes: 2 * cluster, bytes: noise(cluster) },
  ]);
  await convert(raw, folder.at('b.qcow2'), { clusterCompression: 'zlib' });
  await using image = await openImage(folder.at('b.qcow2'));
  t.deepEqual(
    [...image.extents()].map(({ kind, lengthBytes }) => [kind, lengthBytes / cluster]),
    [
      ['compressed', 2],
      ['data', 1],
      ['unallocated', 13],
    ],
  );
});

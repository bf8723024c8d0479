import { copyFile, open, readFile, truncate, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { checkImage, convert, readImageInfo } from '../../src/index.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, prose } from '../helpers/images.js';
import { be32, be64, patchFile } from '../helpers/patch.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { agree, assertAgrees, ourCheck, qemuCheck } from '../helpers/qemu-check.js';

const cryptMethod = 32;
const copied = 1n << 63n;
const compressed = 1n << 62n;
const offsetMask = 0x00fffffffffffe00n;

/** Data of all kinds, in an order that is not that of the disk. */
const writes = [
  'write 1M 300k',
  'write 0 100k',
  'write -z 500k 64k',
  'write 512k 64k',
  'write -z 528k 16k',
  'write -c 640k 64k',
  'write -c 768k 64k',
  'discard 1088k 64k',
];

const plainWrites = writes.filter((command) => !command.includes('-c'));

async function makeImage(folder: Folder, name: string, options: string, commands = writes): Promise<string> {
  const path = folder.at(name);
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', options, path, '4M');
  if (commands.length > 0) await qemuIo(path, 'qcow2', ...commands);
  return path;
}

async function makeSnapshots(
  folder: Folder,
  name: string,
  options: string,
  commands = writes,
): Promise<string> {
  const path = await makeImage(folder, name, options, commands);
  for (const snapshot of ['first', 'second']) {
    await qemuImg('snapshot', '-c', snapshot, path);
    await qemuIo(path, 'qcow2', 'write 64k 200k', 'write 2M 64k');
  }
  return path;
}

async function makeBitmaps(folder: Folder, name: string): Promise<string> {
  const path = await makeImage(folder, name, 'cluster_size=4096');
  await qemuImg('bitmap', '--add', path, 'one');
  await qemuImg('bitmap', '--add', '-g', '512', path, 'other');
  await qemuIo(path, 'qcow2', 'write 2M 400k');
  return path;
}

/** Where the tables of an image are, for tests that damage them. */
async function tablesOf(path: string) {
  const file = await readFile(path);
  const number = (at: number) => Number(file.readBigUInt64BE(at) & offsetMask);
  const clusterBytes = 2 ** file.readUInt32BE(20);
  const l1 = number(40);
  const refcountTable = number(48);
  const l1Used = Array.from({ length: file.readUInt32BE(36) }, (_, i) => l1 + 8 * i).filter(
    (at) => number(at) !== 0,
  );
  const l2 = number(l1Used[0] ?? l1);
  const used = (from: number, length: number) =>
    Array.from({ length: length / 8 }, (_, i) => from + 8 * i).filter(
      (at) => file.readBigUInt64BE(at) !== 0n,
    );
  const l2Used = used(l2, clusterBytes);
  const plain = l2Used.filter((at) => {
    const entry = file.readBigUInt64BE(at);
    return (entry & compressed) === 0n && (entry & offsetMask) !== 0n;
  });
  return {
    clusterBytes,
    lengthBytes: file.length,
    l1Used,
    l2Used,
    plain,
    packed: l2Used.filter((at) => (file.readBigUInt64BE(at) & compressed) !== 0n),
    refcountTable,
    refcountBlock: Number(file.readBigUInt64BE(refcountTable)),
    snapshotTable: number(64),
    entry: (at: number | undefined) => file.readBigUInt64BE(at ?? 0),
  };
}

type Tables = Awaited<ReturnType<typeof tablesOf>>;

const widths = [1, 2, 4, 8, 16, 32, 64];
for (const bits of widths) {
  test(`images with refcounts of ${bits} bits are clean`, async (t) => {
    await using folder = await makeFolder();
    // Compressed clusters share host clusters, and snapshots share them again: more than few bits can count.
    const commands = bits < 8 ? plainWrites : writes;
    const options = `cluster_size=4096,refcount_bits=${bits}`;
    t.is(await assertAgrees(t, await makeImage(folder, 'a', options, commands), 'plain'), 0);
    if (bits > 1)
      t.is(await assertAgrees(t, await makeSnapshots(folder, 'b', options, commands), 'snapshots'), 0);
  });
}

for (const clusterBytes of [512, 1024, 16384, 65536, 2097152]) {
  test(`images with clusters of ${clusterBytes} bytes are clean`, async (t) => {
    await using folder = await makeFolder();
    const commands = clusterBytes < 65536 ? writes : ['write 0 200k', 'write -z 2M 2M'];
    const options = `cluster_size=${clusterBytes}`;
    t.is(await assertAgrees(t, await makeImage(folder, 'a', options, commands), 'plain'), 0);
    t.is(await assertAgrees(t, await makeImage(folder, 'e', options, []), 'empty'), 0);
    t.is(
      await assertAgrees(t, await makeImage(folder, 'p', `${options},preallocation=metadata`, []), 'full'),
      0,
    );
  });
}

const features = [
  'compat=0.10',
  'lazy_refcounts=on',
  'extended_l2=on,cluster_size=16384',
  'compression_type=zstd',
];
for (const options of features) {
  test(`an image with ${options} is clean`, async (t) => {
    await using folder = await makeFolder();
    const commands = options.includes('16384') ? writes : ['write 0 100k', 'write -c 1M 64k'];
    t.is(await assertAgrees(t, await makeImage(folder, 'a', options, commands), options), 0);
  });
}

test('bitmaps and a backing file, which need not be there', async (t) => {
  await using folder = await makeFolder();
  t.is(await assertAgrees(t, await makeBitmaps(folder, 'a'), 'bitmaps'), 0);
  await makeRaw(folder.at('base.raw'), 4 * 1024 * 1024);
  const path = await makeImage(folder, 'b', `backing_file=${folder.at('base.raw')},backing_fmt=raw`);
  t.is(await assertAgrees(t, path, 'with its backing file'), 0);
  const other = await makeImage(folder, 'c', 'cluster_size=4096');
  await qemuImg('rebase', '-u', '-f', 'qcow2', '-b', folder.at('gone.raw'), '-F', 'raw', other);
  t.is((await ourCheck(other)).status, 0);
});

test('all that convert writes is clean', async (t) => {
  await using folder = await makeFolder();
  const islands = [0, 5_000_000].map((offsetBytes) => ({ offsetBytes, bytes: prose(300_000) }));
  await makeRaw(folder.at('a.raw'), 9 * 1024 * 1024, islands);
  await makeRaw(folder.at('empty.raw'), 0);
  for (const name of ['a', 'empty']) {
    for (const ending of ['qcow2', 'qcow2.gz']) {
      const path = folder.at(`${name}.${ending}`);
      await convert(folder.at(`${name}.raw`), path);
      const { counts, container } = await checkImage(path);
      t.is(container, ending.endsWith('.gz') ? 'gz' : 'plain');
      t.deepEqual([counts?.corruptions, counts?.leaks, counts?.checkErrors], [0, 0, 0], path);
    }
    await assertAgrees(t, folder.at(`${name}.qcow2`), name);
  }
});

type Damage = (tables: Tables) => readonly (readonly [at: number | undefined, value: bigint])[];

const damages: ReadonlyArray<readonly [what: string, Damage]> = [
  ['no copied flag in L1', ({ l1Used: [at], entry }) => [[at, entry(at) ^ copied]]],
  ['no copied flag in L2', ({ plain: [, at], entry }) => [[at, entry(at) ^ copied]]],
  ['a copied flag on a compressed cluster', ({ packed: [at], entry }) => [[at, entry(at) | copied]]],
  ['an unallocated cluster', ({ plain: [at] }) => [[at, 0n]]],
  ['clusters that are linked twice', ({ plain: [a, b], entry }) => [[a, entry(b)]]],
  ['an unaligned cluster', ({ plain: [at], entry }) => [[at, entry(at) + 512n]]],
  ['an unaligned L2 table', ({ l1Used: [at], entry }) => [[at, entry(at) + 512n]]],
  ['reserved bits in L1', ({ l1Used: [at], entry }) => [[at, entry(at) | 1n]]],
  ['reserved bits in L2', ({ plain: [at], entry }) => [[at, entry(at) | (1n << 57n)]]],
  [
    'a cluster at the end of the file',
    ({ plain: [at], lengthBytes }) => [[at, BigInt(lengthBytes) | copied]],
  ],
  ['a cluster far past the end', ({ plain: [at] }) => [[at, (1n << 50n) | copied]]],
  ['compressed data past the end', ({ packed: [at] }) => [[at, compressed | (1n << 45n)]]],
  ['an L2 table past the end', ({ l1Used: [at] }) => [[at, (1n << 50n) | copied]]],
  ['an L2 table in the header', ({ l1Used: [at] }) => [[at, copied]]],
  ['data in the refcount block', ({ plain: [at], refcountBlock }) => [[at, BigInt(refcountBlock) | copied]]],
  ['no refcount block', ({ refcountTable }) => [[refcountTable, 0n]]],
  [
    'an unaligned refcount block',
    ({ refcountTable, entry }) => [[refcountTable, entry(refcountTable) + 512n]],
  ],
  [
    'reserved bits in the refcount table',
    ({ refcountTable, entry }) => [[refcountTable, entry(refcountTable) | 8n]],
  ],
  ['a refcount block past the end', ({ refcountTable }) => [[refcountTable, 1n << 50n]]],
  ['a refcount block at no possible place', ({ refcountTable }) => [[refcountTable, 255n << 56n]]],
  ['a refcount block twice', ({ refcountTable, entry }) => [[refcountTable + 8, entry(refcountTable)]]],
  ['refcounts too low', ({ refcountBlock }) => [[refcountBlock, 0n]]],
  ['refcounts too high', ({ refcountBlock }) => [[refcountBlock, 0x0003_0002_0005_0007n]]],
];

for (const [what, damage] of damages) {
  test(`damage: ${what}`, async (t) => {
    await using folder = await makeFolder();
    const path = await makeSnapshots(folder, 'a', 'cluster_size=4096');
    const plain = await makeImage(folder, 'b', 'cluster_size=4096');
    for (const image of [path, plain]) {
      for (const [at, value] of damage(await tablesOf(image))) await patchFile(image, at ?? 0, be64(value));
      t.not(await assertAgrees(t, image, what), 0);
    }
  });
}

test('damage: the snapshot table', async (t) => {
  await using folder = await makeFolder();
  const path = await makeSnapshots(folder, 'a', 'cluster_size=4096');
  const { snapshotTable, entry, l1Used } = await tablesOf(path);
  const active = BigInt(l1Used[0] ?? 0);
  const cases: readonly (readonly [at: number, value: bigint])[] = [
    [snapshotTable, entry(snapshotTable) + 512n],
    [snapshotTable, active],
    [snapshotTable, 1n << 50n],
    [snapshotTable + 8, 0xffffffff_0001_0005n],
    [snapshotTable + 8, entry(snapshotTable + 8) ^ 64n],
    // The size of the extra data.
    [snapshotTable + 32, entry(snapshotTable + 32) & ~0xffffffffn],
    [snapshotTable + 32, entry(snapshotTable + 32) | 0xffffffn],
    // The header: another place, too many.
    [64, active],
    [64, BigInt(snapshotTable + 512)],
    [60, 0x00ffffff_00000000n],
  ];
  for (const [at, value] of cases) {
    await copyFile(path, folder.at('b'));
    await patchFile(folder.at('b'), at, be64(value));
    t.not(await assertAgrees(t, folder.at('b'), `${value} at ${at}`), 0);
  }
});

test('damage: the tables of bitmaps', async (t) => {
  await using folder = await makeFolder();
  const path = await makeBitmaps(folder, 'a');
  const file = await readFile(path);
  const extension = file.indexOf(Buffer.from('23852875', 'hex'));
  const directory = Number(file.readBigUInt64BE(extension + 24));
  const table = Number(file.readBigUInt64BE(directory));
  const cases: readonly (readonly [at: number, value: bigint])[] = [
    [extension + 24, BigInt(directory + 512)],
    [extension + 24, 1n << 50n],
    [extension + 16, 7n],
    [directory, BigInt(table + 512)],
    [directory, 1n << 50n],
    [directory + 8, 0xffffffff_00000000n],
    [directory + 16, 0n],
    [table, 4096n],
  ];
  for (const [at, value] of cases) {
    await copyFile(path, folder.at('b'));
    await patchFile(folder.at('b'), at, be64(value));
    t.not(await assertAgrees(t, folder.at('b'), `${value} at ${at}`), 0);
  }
});

test('damage: a bitmap table entry, with which qemu-img does not even open the image', async (t) => {
  await using folder = await makeFolder();
  const path = await makeBitmaps(folder, 'a');
  const file = await readFile(path);
  const directory = Number(file.readBigUInt64BE(file.indexOf(Buffer.from('23852875', 'hex')) + 24));
  const table = Number(file.readBigUInt64BE(directory));
  for (const entry of [1n << 60n, 0x4321n * 512n, file.readBigUInt64BE(table) | 1n]) {
    await copyFile(path, folder.at('b'));
    await patchFile(folder.at('b'), table, be64(entry));
    const [ours, theirs] = [await ourCheck(folder.at('b')), qemuCheck(folder.at('b'))];
    t.deepEqual([ours.status, theirs.status], [2, 1]);
    t.is(ours.numbers?.['corruptions'], 1);
    t.regex(ours.text, /^the bitmap table entry at byte \d+ is unaligned or has reserved bits set/);
  }
});

test('damage at places and with values that chance chooses', async (t) => {
  await using folder = await makeFolder();
  const images = [
    await makeSnapshots(folder, 'a', 'cluster_size=4096'),
    await makeSnapshots(folder, 'b', 'cluster_size=512,refcount_bits=2', plainWrites),
    await makeImage(folder, 'c', 'cluster_size=4096,refcount_bits=64'),
    await makeBitmaps(folder, 'd'),
  ];
  const tables = await Promise.all(images.map(tablesOf));
  const damage = fc.record({
    image: fc.nat(images.length - 1),
    table: fc.constantFrom('l1', 'l2', 'refcounts', 'table'),
    index: fc.nat(40),
    change: fc.oneof(
      fc.nat(62).map((bit) => (entry: bigint) => entry ^ (1n << BigInt(bit))),
      fc.constant((entry: bigint) => entry ^ copied),
      fc.nat(100).map((cluster) => (entry: bigint) => (entry & copied) | BigInt(cluster * 4096)),
      fc.nat(100).map((sector) => (entry: bigint) => BigInt.asUintN(64, entry + BigInt(sector * 512))),
    ),
  });
  const property = fc.asyncProperty(damage, async ({ image, table, index, change }) => {
    const { l1Used, l2Used, refcountBlock, refcountTable, entry } = tables[image] as Tables;
    const places = { l1: l1Used, l2: l2Used, refcounts: [refcountBlock + 8 * index], table: [refcountTable] };
    const at = places[table as keyof typeof places][index % places[table as keyof typeof places].length] ?? 0;
    await copyFile(images[image] ?? '', folder.at('damaged'));
    await patchFile(folder.at('damaged'), at, be64(change(entry(at))));
    const [ours, theirs] = [await ourCheck(folder.at('damaged')), qemuCheck(folder.at('damaged'))];
    if (agree(ours, theirs)) return;
    throw new Error(`omiforge: ${JSON.stringify(ours)}\nqemu-img: ${JSON.stringify(theirs)}`);
  });
  await fc.assert(property, { numRuns: 60 });
  t.pass();
});

test('a table past the end of the file is corrupt, one in a last cluster that is not there in full is not', async (t) => {
  await using folder = await makeFolder();
  const path = await makeImage(folder, 'a', 'cluster_size=65536', ['write 0 4k']);
  const { l1Used, entry } = await tablesOf(path);
  const table = Number(entry(l1Used[0]) & offsetMask);
  // The L2 table becomes the end of the file, cut behind its first entry, which names nothing.
  await patchFile(path, table, be64(0n));
  await truncate(path, table + 8);
  t.is(await assertAgrees(t, path, 'a short last cluster'), 0);
  t.is((await readImageInfo(path)).virtualSizeBytes, 4194304);
  await truncate(path, table);
  const [ours, theirs] = [await ourCheck(path), qemuCheck(path)];
  t.deepEqual([ours.status, theirs.status], [2, 2]);
  t.regex(ours.text, /^an L2 table of 65536 bytes at byte \d+ lies past the end of the file/);
});

test('damage within .gz, and of the gzip itself', async (t) => {
  await using folder = await makeFolder();
  const path = await makeImage(folder, 'a.qcow2', 'cluster_size=4096');
  const { plain, entry } = await tablesOf(path);
  const at = plain[0] ?? 0;
  await patchFile(path, at, be64(entry(at) ^ copied));
  const zipped = gzipSync(await readFile(path));
  await writeFile(folder.at('a.qcow2.gz'), zipped);
  t.is((await checkImage(folder.at('a.qcow2.gz'))).counts?.corruptions, 1);
  await writeFile(folder.at('cut.qcow2.gz'), zipped.subarray(0, -20));
  await t.throwsAsync(checkImage(folder.at('cut.qcow2.gz')), { code: 'GZIP_TRUNCATED' });
  await patchFile(path, 40, be64(1n));
  await writeFile(folder.at('bad.qcow2.gz'), gzipSync(await readFile(path)));
  const thrown = await t.throwsAsync(checkImage(folder.at('bad.qcow2.gz')), { code: 'QCOW2_BAD_HEADER' });
  t.is((thrown as Error & { path?: string }).path, folder.at('bad.qcow2.gz'));
});

test('progress, and the signal between steps', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('a.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=512,preallocation=metadata', path, '512M');
  const seen: [number, number | undefined][] = [];
  const onProgress = (progress: { doneBytes: number; totalBytes: number | undefined }) =>
    seen.push([progress.doneBytes, progress.totalBytes]);
  await checkImage(path, { onProgress });
  t.true(seen.length > 2, `${seen.length} steps`);
  t.true(seen.every(([done], i) => i === 0 || done > (seen[i - 1]?.[0] ?? 0)));
  const [done, total] = seen.at(-1) ?? [];
  t.true(total !== undefined && done !== undefined && done <= total, `${done} of ${total}`);
  const controller = new AbortController();
  const stopped = checkImage(path, { signal: controller.signal, onProgress: () => controller.abort() });
  await t.throwsAsync(stopped, { any: true, name: 'AbortError' });
});

test('what is not there, or no qcow2 though it was said to be', async (t) => {
  await using folder = await makeFolder();
  await t.throwsAsync(checkImage(folder.at('gone')), { code: 'IO_NOT_FOUND' });
  await makeRaw(folder.at('a.raw'), 4096);
  await t.throwsAsync(checkImage(folder.at('a.raw')), {
    code: 'FORMAT_UNSUPPORTED',
    message: /raw has nothing/,
  });
  await t.throwsAsync(checkImage(folder.at('a.raw'), { format: 'qcow2' }), { code: 'QCOW2_BAD_HEADER' });
  const handle = await open(await makeImage(folder, 'b', 'cluster_size=4096'), 'r+');
  await handle.write(be64(1n << 40n), 0, 8, 72);
  await handle.close();
  await t.throwsAsync(checkImage(folder.at('b')), { code: 'QCOW2_UNSUPPORTED_FEATURE', message: /bit 40/ });
});

for (const [method, name] of [
  [1, 'AES'],
  [2, 'LUKS'],
] as const) {
  test(`an image that is encrypted with ${name} is refused, as qemu-img does without its key`, async (t) => {
    await using folder = await makeFolder();
    await patchFile(await makeImage(folder, 'a', 'cluster_size=65536'), cryptMethod, be32(method));
    t.is(await assertAgrees(t, folder.at('a'), name), 1);
    await t.throwsAsync(checkImage(folder.at('a')), { code: 'QCOW2_UNSUPPORTED_FEATURE' });
  });
}

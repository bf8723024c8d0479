import { copyFile, readFile, truncate } from 'node:fs/promises';
import test from 'ava';
import fc from 'fast-check';
import { readImageInfo } from '../../src/index.js';
import {
  compressed,
  copied,
  makeBitmaps,
  makeImage,
  makeSnapshots,
  offsetMask,
  plainWrites,
  type Tables,
  tablesOf,
} from '../helpers/checked-images.js';
import { makeFolder } from '../helpers/folder.js';
import { be64, patchFile } from '../helpers/patch.js';
import { agree, assertAgrees, ourCheck, qemuCheck } from '../helpers/qemu-check.js';

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
  await t.notThrowsAsync(fc.assert(property, { numRuns: 60 }));
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

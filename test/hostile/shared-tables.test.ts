import { open, readFile } from 'node:fs/promises';
import test from 'ava';
import { runBounded } from '../helpers/bounded.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { be32, be64, patchFile } from '../helpers/patch.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { assertRefused } from '../helpers/refusal.js';

const l1SizeField = 36;
const l1TableField = 40;
const diskSizeField = 24;
const cluster = 65_536;
const copiedFlag = 1n << 63n;
const tableMaps = 512n * 2n ** 20n;

interface Tables {
  readonly path: string;
  readonly l1Table: number;
  readonly l2Table: number;
  readonly firstData: bigint;
}

/** A disk with two clusters of data, and where its tables are. */
async function makeDisk(folder: Folder): Promise<Tables> {
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', path, '64G');
  await qemuIo(path, 'qcow2', 'write -P 0x11 0 128k');
  const file = await readFile(path);
  const l1Table = Number(file.readBigUInt64BE(l1TableField));
  const l2Table = Number(file.readBigUInt64BE(l1Table) & ~copiedFlag);
  return { path, l1Table, l2Table, firstData: file.readBigUInt64BE(l2Table) & ~copiedFlag };
}

/** Gives the disk a new L1 table at the end of the file: so many entries, each as told. */
async function useL1(path: string, entries: number, entryOf: (index: number) => bigint): Promise<void> {
  const at = Math.ceil((await readFile(path)).length / cluster) * cluster;
  const table = Buffer.alloc(entries * 8);
  for (let index = 0; index < entries; ++index) table.writeBigUInt64BE(entryOf(index), index * 8);
  await patchFile(path, at, table);
  await patchFile(path, l1TableField, be64(BigInt(at)));
  await patchFile(path, l1SizeField, be32(entries));
  await patchFile(path, diskSizeField, be64(tableMaps * BigInt(entries)));
}

async function assertShared(t: Parameters<typeof assertRefused>[0], folder: Folder, says: RegExp) {
  const refusal = { code: 'QCOW2_CORRUPT', says, run: runBounded } as const;
  await assertRefused(t, folder, ['convert', 'disk.qcow2', 'new.raw'], refusal);
  await assertRefused(t, folder, ['convert', 'disk.qcow2', 'new.qcow2.gz'], refusal);
  await assertRefused(t, folder, ['compare', 'disk.qcow2', 'disk.qcow2'], { ...refusal, status: 2 });
  const info = await runBounded(['info', '--json', 'disk.qcow2'], { cwd: folder.path });
  t.is(info.status, 0);
  t.is((await runBounded(['check', 'disk.qcow2'], { cwd: folder.path })).status, 2);
}

test('one L2 table that all L1 entries name: 1 PiB out of nothing', async (t) => {
  await using folder = await makeFolder();
  const { path, l2Table } = await makeDisk(folder);
  await useL1(path, 2 ** 21, () => BigInt(l2Table));
  await assertShared(t, folder, /names 1 L2 tables with 2097152 L1 entries, where each has to have its own/);
});

test('two L2 tables that take turns', async (t) => {
  await using folder = await makeFolder();
  const { path, l2Table, l1Table } = await makeDisk(folder);
  await useL1(path, 2 ** 21, (index) => BigInt(index % 2 === 0 ? l2Table : l1Table));
  await assertShared(t, folder, /names 2 L2 tables with 2097152 L1 entries/);
});

test('an L2 table that is named twice is read twice, as qemu-img does', async (t) => {
  await using folder = await makeFolder();
  const { path, l2Table } = await makeDisk(folder);
  await useL1(path, 2, () => BigInt(l2Table));
  const cwd = folder.path;
  t.is((await runBounded(['convert', 'disk.qcow2', 'new.raw'], { cwd })).status, 0);
  await qemuImg('compare', '-f', 'qcow2', '-F', 'raw', path, folder.at('new.raw'));
});

test('one data cluster that the entries of many tables name: terabytes out of it', async (t) => {
  await using folder = await makeFolder();
  const { path, firstData } = await makeDisk(folder);
  const tables = 64;
  const at = Math.ceil((await readFile(path)).length / cluster) * cluster;
  const table = Buffer.alloc(cluster);
  for (let entry = 0; entry < cluster; entry += 8) table.writeBigUInt64BE(firstData, entry);
  for (let index = 0; index < tables; ++index) await patchFile(path, at + index * cluster, table);
  await useL1(path, tables, (index) => BigInt(at + index * cluster));
  await assertShared(
    t,
    folder,
    /has more than 1073741824 bytes of data up to guest offset \d+ in \d+ bytes of file/,
  );
});

test('millions of L2 tables that are holes of the file cost nothing', async (t) => {
  await using folder = await makeFolder();
  const { path } = await makeDisk(folder);
  const entries = 2 ** 20;
  const first = 2 ** 30;
  await useL1(path, entries, (index) => BigInt(first) + BigInt(index * cluster));
  await using file = await open(path, 'r+');
  await file.truncate(first + entries * cluster);
  const cwd = folder.path;
  t.is((await runBounded(['convert', 'disk.qcow2', 'new.qcow2'], { cwd })).status, 0);
  const { stdout } = await runBounded(['map', '--json', 'new.qcow2'], { cwd });
  t.deepEqual(JSON.parse(stdout).length, 1);
});

test('data that overlaps the tables is read as it stands there, and the check says so', async (t) => {
  await using folder = await makeFolder();
  const { path, l2Table, l1Table } = await makeDisk(folder);
  for (const [entry, place] of [l1Table, l2Table, 0].entries()) {
    await patchFile(path, l2Table + (entry + 2) * 8, be64(copiedFlag | BigInt(place)));
  }
  const cwd = folder.path;
  t.is((await runBounded(['convert', 'disk.qcow2', 'new.raw'], { cwd })).status, 0);
  await qemuImg('compare', '-f', 'qcow2', '-F', 'raw', path, folder.at('new.raw'));
  t.is((await runBounded(['check', 'disk.qcow2'], { cwd })).status, 2);
});

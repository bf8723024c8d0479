import { readFile } from 'node:fs/promises';
import type { Folder } from './folder.js';
import { qemuImg, qemuIo } from './qemu.js';

export const copied = 1n << 63n;
export const compressed = 1n << 62n;
export const offsetMask = 0x00fffffffffffe00n;

/** Data of all kinds, in an order that is not that of the disk. */
export const writes = [
  'write 1M 300k',
  'write 0 100k',
  'write -z 500k 64k',
  'write 512k 64k',
  'write -z 528k 16k',
  'write -c 640k 64k',
  'write -c 768k 64k',
  'discard 1088k 64k',
];

export const plainWrites = writes.filter((command) => !command.includes('-c'));

export async function makeImage(
  folder: Folder,
  name: string,
  options: string,
  commands = writes,
): Promise<string> {
  const path = folder.at(name);
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', options, path, '4M');
  if (commands.length > 0) await qemuIo(path, 'qcow2', ...commands);
  return path;
}

export async function makeSnapshots(
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

export async function makeBitmaps(folder: Folder, name: string): Promise<string> {
  const path = await makeImage(folder, name, 'cluster_size=4096');
  await qemuImg('bitmap', '--add', path, 'one');
  await qemuImg('bitmap', '--add', '-g', '512', path, 'other');
  await qemuIo(path, 'qcow2', 'write 2M 400k');
  return path;
}

/** Where the tables of an image are, for tests that damage them. */
export async function tablesOf(path: string) {
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

export type Tables = Awaited<ReturnType<typeof tablesOf>>;

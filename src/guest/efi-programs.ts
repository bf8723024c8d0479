import { readFatGeometry } from './file-systems/fat.js';
import { type FatGeometry, readFolder, rootFolder } from './file-systems/fat-directory.js';
import type { GuestRange } from './guest-disk.js';
import { guids, mbrTypeId, mbrTypes } from './partition-types.js';
import type { Partition } from './report.js';

/** As in \EFI\Microsoft\Boot: nobody puts programs deeper. */
const deepestFolder = 3;

/** An installed machine has some ten folders there. */
const mostFolders = 64;

/** What firmware starts where it knows no entry of its own, as on a new machine (UEFI specification, 3.5.1.1). */
const fallbackPath = /^\\EFI\\BOOT\\BOOT(?:X64|AA64|IA32|ARM|RISCV64|LOONGARCH64)\.EFI$/i;

export function isEfiSystem({ typeId }: Pick<Partition, 'typeId'>): boolean {
  return typeId === guids.efiSystem || typeId === mbrTypeId(mbrTypes.efiSystem);
}

export function isFallback(path: string): boolean {
  return fallbackPath.test(path);
}

interface Folder {
  readonly path: string;
  readonly depth: number;
  readonly firstCluster: number;
}

/** The paths of the EFI programs of a FAT: files that end in `.efi` within `\EFI`. None where it is no FAT. */
export function efiProgramsIn(range: GuestRange): string[] {
  const geometry = readFatGeometry(range)?.geometry;
  if (geometry === undefined) return [];
  const paths: string[] = [];
  const folders: Folder[] = [{ path: '', depth: 0, firstCluster: rootFolder }];
  const seen = new Set<number>();
  for (const folder of folders) {
    // A folder that is in itself, however deep, is looked into once.
    if (seen.has(folder.firstCluster)) continue;
    seen.add(folder.firstCluster);
    const { programs, subfolders } = look(range, geometry, folder);
    paths.push(...programs);
    folders.push(...subfolders.slice(0, Math.max(0, mostFolders - folders.length)));
  }
  return paths;
}

function look(range: GuestRange, geometry: FatGeometry, { path, depth, firstCluster }: Folder) {
  const programs: string[] = [];
  const subfolders: Folder[] = [];
  for (const entry of readFolder(range, geometry, firstCluster)) {
    const inner = `${path}\\${entry.name}`;
    if (entry.isLabel || entry.name.startsWith('.')) continue;
    if (!entry.isFolder) {
      if (depth > 0 && /\.efi$/i.test(entry.name)) programs.push(inner);
    } else if (depth < deepestFolder && entry.firstCluster > rootFolder) {
      // Only one folder of the root has any.
      if (depth > 0 || /^efi$/i.test(entry.name)) {
        subfolders.push({ path: inner, depth: depth + 1, firstCluster: entry.firstCluster });
      }
    }
  }
  return { programs, subfolders };
}

import { constants } from 'node:fs';
import { copyFile, open, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { toForgeError } from '../../errors.js';
import { temporaryFileBegins, temporaryFileEnds } from '../../files/present-files.js';
import type { NativeAddon } from '../../native/boundary.js';

/** What a folder, and the file system that it is in, are good for. */
export interface FolderFacts {
  readonly path: string;
  /** What files are for that come there. */
  readonly use: 'current' | 'temporary';
  /** Such as `ext4`; undefined where its number has no name here. */
  readonly fileSystem: string | undefined;
  /** For this user; undefined where it cannot be told. */
  readonly freeBytes: number | undefined;
  /** Undefined where no file could be made. */
  readonly files: FileFeatures | undefined;
  /** Why not. */
  readonly failure: string | undefined;
}

/** What the file system does with a small file. */
export interface FileFeatures {
  /** Holes take no room. */
  readonly storesHoles: boolean;
  /** It tells where they are (SEEK_HOLE); undefined without the addon, which asks for it. */
  readonly findsHoles: boolean | undefined;
  /** A copy can share the blocks of its source. */
  readonly sharesBlocks: boolean;
}

// Of linux/magic.h and of the file systems themselves.
const fileSystemNames: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0xca451a4e, 'bcachefs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
  [0x794c7630, 'overlayfs'],
  [0x6969, 'nfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x00c36400, 'ceph'],
  [0x01021997, '9p'],
  [0x65735546, 'fuse'],
  [0xf15f, 'ecryptfs'],
  [0x4d44, 'vfat'],
  [0x2011bab0, 'exfat'],
]);

/** Looks at a folder, by a small file that is gone afterwards. */
export async function folderFacts(
  use: FolderFacts['use'],
  path: string,
  addon: NativeAddon | undefined,
): Promise<FolderFacts> {
  const system = await statfs(path).catch(() => undefined);
  const facts = {
    path,
    use,
    // Elsewhere the numbers mean other things.
    fileSystem: process.platform === 'linux' ? fileSystemNames.get(Number(system?.type)) : undefined,
    freeBytes: system === undefined ? undefined : system.bavail * system.bsize,
  };
  try {
    return { ...facts, files: await tryFiles(path, addon), failure: undefined };
  } catch (thrown) {
    return { ...facts, files: undefined, failure: toForgeError(thrown).message };
  }
}

async function tryFiles(folder: string, addon: NativeAddon | undefined): Promise<FileFeatures> {
  const file = join(folder, newName());
  const copy = join(folder, newName());
  const paths = [file, copy];
  for (const path of paths) temporaryFileBegins(path);
  try {
    const storesHoles = await makeFileWithHoles(file);
    return {
      storesHoles,
      findsHoles: addon === undefined ? undefined : findsHoles(file, addon),
      sharesBlocks: await copyFile(file, copy, constants.COPYFILE_FICLONE_FORCE).then(
        () => true,
        () => false,
      ),
    };
  } finally {
    for (const path of paths) {
      await unlink(path).catch(() => {});
      temporaryFileEnds(path);
    }
  }
}

/** A name that a later run removes where this one is killed. */
function newName(): string {
  const random = Math.floor(Math.random() * 2 ** 48);
  return `.doctor.omiforge-${process.pid}-${random.toString(16).padStart(12, '0')}.part`;
}

// No file system has blocks as large as the holes.
const holeBytes = 4 * 2 ** 20;
const dataBytes = 64 * 2 ** 10;

/** Data between two holes. Returns whether the holes take no room. */
async function makeFileWithHoles(path: string): Promise<boolean> {
  await using file = await open(path, 'wx', 0o600);
  await file.write(Buffer.alloc(dataBytes, 0x5a), 0, dataBytes, holeBytes);
  await file.truncate(2 * holeBytes + dataBytes);
  // Some file systems tell of holes only what has come to the disk.
  await file.sync();
  const { blocks } = await file.stat();
  return blocks * 512 < holeBytes;
}

function findsHoles(path: string, addon: NativeAddon): boolean {
  const image = addon.openImage(path, 'raw');
  try {
    const kinds = image.extents(0, 2 * holeBytes + dataBytes, 8).map(({ kind }) => kind);
    return kinds.includes('unallocated') && kinds.includes('data');
  } finally {
    image.close();
  }
}

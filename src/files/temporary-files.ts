import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { addon } from '../native/addon.js';
import { removeLeftovers } from './leftovers.js';
import { temporaryFileBegins, temporaryFileEnds } from './present-files.js';

/** What a temporary file is for: what will become a file of some name, or the content of a source. */
export type TemporaryUse = { readonly for: string } | 'spill';

export interface TemporaryFile {
  readonly path: string;
  /** Holds the lock that tells other runs that the file is in use: to be closed when it is not. */
  readonly handle: FileHandle;
}

/**
 * Makes a new temporary file, and removes those that killed runs have left in the folder.
 *
 * @param mode permissions, before the process's umask
 * @throws a system error
 */
export async function createTemporaryFile(
  folder: string,
  use: TemporaryUse,
  mode: number,
): Promise<TemporaryFile> {
  await removeLeftovers(folder);
  for (;;) {
    const path = join(folder, newName(use));
    temporaryFileBegins(path);
    try {
      const handle = await open(path, 'wx', mode);
      if (await isOurs(handle)) return { path, handle };
      // Another run took it for a leftover before it was locked.
      await handle.close();
      await unlink(path).catch(() => {});
      temporaryFileEnds(path);
    } catch (thrown) {
      temporaryFileEnds(path);
      throw thrown;
    }
  }
}

async function isOurs(handle: FileHandle): Promise<boolean> {
  try {
    if (!addon.tryLock(handle.fd)) return false;
  } catch {
    // A file system without locks: there nobody takes any file for a leftover.
    return true;
  }
  return (await handle.stat()).nlink > 0;
}

/** A name that `isTemporaryName` in leftovers.ts knows again. */
function newName(use: TemporaryUse): string {
  // Whoever could guess it could only be in the way; node:crypto takes longer to load than all of this file's work.
  const random = Math.floor(Math.random() * 2 ** 48);
  const unique = `${process.pid}-${random.toString(16).padStart(12, '0')}`;
  if (use === 'spill') return `.omiforge-spill-${unique}`;
  // A name may have 255 bytes, and a character takes up to 3 of them.
  return `.${use.for.slice(0, 60)}.omiforge-${unique}.part`;
}

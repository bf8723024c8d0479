import { constants } from 'node:fs';
import { type FileHandle, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { addon } from '../native/addon.js';

/** Whether a file of this name is one that only a run of omiforge makes, and removes at its end. */
export function isTemporaryName(name: string): boolean {
  return /^\..*\.omiforge-\d+-[0-9a-f]{12}\.part$|^\.omiforge-spill-\d+-[0-9a-f]{12}$/su.test(name);
}

/**
 * Removes the temporary files that killed runs have left in a folder. A run holds a lock on each file of its own, which
 * the system takes away with the process, whatever ended it; the number in the name is for people, as another process
 * can have it by now, or the run can be in another container. What cannot be locked or removed stays: that is never
 * a reason to fail.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter(isTemporaryName)) await removeUnlessInUse(join(folder, name));
}

// Neither following a link nor waiting for the other end of a FIFO that somebody has put there.
const openFlags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

async function removeUnlessInUse(path: string): Promise<void> {
  const handle = await open(path, openFlags).catch(() => undefined);
  if (handle === undefined) return;
  try {
    if ((await isOwnFile(handle)) && addon.tryLock(handle.fd)) await unlink(path);
  } catch {
    // No locks in this file system, or somebody else was faster.
  } finally {
    // Its maker, if it has only just been made, sees by the lock or by the missing name that it has lost it.
    await handle.close().catch(() => {});
  }
}

async function isOwnFile(handle: FileHandle): Promise<boolean> {
  const facts = await handle.stat();
  return facts.isFile() && facts.uid === process.geteuid?.();
}

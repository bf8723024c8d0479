import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ForgeError, toForgeError } from '../errors.js';
import { addon } from '../native/addon.js';

const lockName = '.omiforge-lock';

/** A directory that is this run's alone. The system takes the lock away with the process, whatever ended it. */
export class DirectoryLock implements AsyncDisposable {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /**
   * Makes the directory if need be, and locks it.
   *
   * @throws ForgeError BATCH_RUNNING where another run has it, or IO_*
   */
  static async take(directory: string): Promise<DirectoryLock> {
    let handle: FileHandle | undefined;
    try {
      await mkdir(directory, { recursive: true });
      // A pipe in its place would have to be opened at its other end first.
      const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
      handle = await open(join(directory, lockName), flags, 0o644);
      if (isLocked(handle)) return new DirectoryLock(handle);
    } catch (thrown) {
      await handle?.close();
      throw toForgeError(thrown, directory);
    }
    await handle.close();
    throw new ForgeError(
      'BATCH_RUNNING',
      'another run is at work here; wait for its end, or choose another directory',
      { path: directory },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The file stays: whoever removed it could remove that of the run that comes next.
    await this.#handle.close();
  }
}

function isLocked(handle: FileHandle): boolean {
  try {
    return addon.tryLock(handle.fd);
  } catch {
    // A file system without locks: then nobody can be kept away.
    return true;
  }
}

import { type BigIntStats, fstatSync } from 'node:fs';
import { type FileHandle, link, lstat, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { ForgeError, toForgeError } from '../errors.js';
import { BackgroundFlush } from './background-flush.js';
import { temporaryFileEnds } from './present-files.js';
import { createTemporaryFile } from './temporary-files.js';

export interface TargetFileOptions {
  /** Whether an existing file may be replaced. */
  readonly replace: boolean;
  /** Whether the file is on the disk when it appears, and so outlives a loss of power. */
  readonly durable: boolean;
  /** Permissions of the new file, before the process's umask; 0o666 by default. */
  readonly mode?: number | undefined;
}

/**
 * A file that appears under its name whole or not at all: it is written under a temporary name in the same folder and
 * then renamed. Disposal removes whatever was not committed.
 */
export class TargetFile implements AsyncDisposable {
  /** The name users gave. */
  readonly path: string;
  readonly temporaryPath: string;
  readonly handle: FileHandle;
  readonly #finalPath: string;
  readonly #replace: boolean;
  readonly #flush: BackgroundFlush | undefined;
  #state: 'open' | 'closed' | 'committed' = 'open';

  private constructor(
    path: string,
    finalPath: string,
    temporaryPath: string,
    handle: FileHandle,
    options: TargetFileOptions,
  ) {
    this.path = path;
    this.#finalPath = finalPath;
    this.temporaryPath = temporaryPath;
    this.handle = handle;
    this.#replace = options.replace;
    if (options.durable) this.#flush = new BackgroundFlush(handle);
  }

  /** The folder in which the file will stand. */
  get folder(): string {
    return dirname(this.#finalPath);
  }

  /** @throws ForgeError TARGET_EXISTS, IO_NOT_A_FILE or another IO_* */
  static async create(path: string, options: TargetFileOptions): Promise<TargetFile> {
    const { replace, mode = 0o666 } = options;
    try {
      const finalPath = await checkTarget(path, replace);
      const temporary = await createTemporaryFile(dirname(finalPath), { for: basename(finalPath) }, mode);
      return new TargetFile(path, finalPath, temporary.path, temporary.handle, options);
    } catch (thrown) {
      throw toForgeError(thrown, path);
    }
  }

  /** Makes the file appear. @throws ForgeError TARGET_EXISTS where another has appeared meanwhile, or IO_* */
  async commit(): Promise<void> {
    try {
      await this.#flush?.stop();
      await (this.#flush === undefined ? closeOnce(this.temporaryPath) : this.handle.sync());
      if (this.#replace) {
        await rename(this.temporaryPath, this.#finalPath);
      } else {
        await renameWithoutReplacing(this.temporaryPath, this.#finalPath);
      }
      temporaryFileEnds(this.temporaryPath);
      // Only now, as closing gives up the lock. What could fail about the content has been told before.
      await this.#close().catch(() => {});
      this.#state = 'committed';
      if (this.#flush !== undefined) await syncFolder(dirname(this.#finalPath));
    } catch (thrown) {
      throw toForgeError(thrown, this.path);
    }
  }

  /** An error about the temporary file as one about the file users know. */
  translate(thrown: unknown): ForgeError {
    const error = toForgeError(thrown, this.path);
    if (error.path !== this.temporaryPath) return error;
    return new ForgeError(error.code, error.message, { path: this.path, cause: error });
  }

  async #close(): Promise<void> {
    if (this.#state === 'open') await this.handle.close();
    this.#state = 'closed';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'committed') return;
    await unlink(this.temporaryPath).catch(() => {});
    await this.#flush?.stop().catch(() => {});
    await this.#close();
    temporaryFileEnds(this.temporaryPath);
  }
}

/**
 * Finds out whether a file may be written to a path. Returns the path to write to: that of the file a link points
 * to, as replacing the link is not what is meant.
 *
 * @throws ForgeError TARGET_EXISTS, IO_NOT_A_FILE or another IO_*
 */
export async function checkTarget(path: string, replace: boolean): Promise<string> {
  const facts = await stat(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined;
    throw toForgeError(thrown, path);
  });
  if (facts === undefined) {
    await checkNewName(path);
    return path;
  }
  if (facts.isDirectory()) throw new ForgeError('IO_NOT_A_FILE', 'is a directory; name a file', { path });
  if (!facts.isFile()) {
    throw new ForgeError('IO_NOT_A_FILE', 'is not a regular file; use - to write to a pipe', { path });
  }
  if (!replace) throw existsError(path);
  return await realpath(path);
}

/** Finds out whether a file can be made where none is found. */
async function checkNewName(path: string): Promise<void> {
  const exists = (look: Promise<unknown>) =>
    look.then(
      () => true,
      () => false,
    );
  if (path === '') throw new ForgeError('IO_NOT_FOUND', 'is no name; name a file', { path });
  if (path.endsWith('/')) {
    throw new ForgeError('IO_NOT_A_FILE', 'ends with /, as only a folder may; name a file', { path });
  }
  if (await exists(lstat(path))) {
    const message = 'is a symbolic link to a file that does not exist; remove it, or name that file';
    throw new ForgeError('IO_NOT_FOUND', message, { path });
  }
  const folder = dirname(path);
  if (!(await exists(stat(folder)))) {
    throw new ForgeError('IO_NOT_FOUND', `its folder ${folder} does not exist; create it first`, { path });
  }
}

function existsError(path: string): ForgeError {
  return new ForgeError('TARGET_EXISTS', 'exists already; choose another name, or replace it with --force', {
    path,
  });
}

/** Whether both paths or descriptors lead to one file, by whatever names. */
export async function isSameFile(a: string | number, b: string | number): Promise<boolean> {
  const [factsA, factsB] = await Promise.all([factsOf(a), factsOf(b)]);
  if (factsA === undefined || factsB === undefined) return false;
  return factsA.dev === factsB.dev && factsA.ino === factsB.ino;
}

async function factsOf(file: string | number): Promise<BigIntStats | undefined> {
  try {
    return typeof file === 'number' ? fstatSync(file, { bigint: true }) : await stat(file, { bigint: true });
  } catch {
    return undefined;
  }
}

/** File systems of a network tell when a file is closed what of it they could not write. */
async function closeOnce(path: string): Promise<void> {
  const handle = await open(path, 'r+').catch(() => undefined);
  await handle?.close();
}

async function renameWithoutReplacing(from: string, to: string): Promise<void> {
  try {
    // rename() would replace a file that has appeared since it was looked for; link() does not.
    await link(from, to);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw existsError(to);
    // File systems without hard links: FAT, some network ones.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'EMLINK') throw thrown;
    await rename(from, to);
    return;
  }
  await unlink(from);
}

/** Makes the new name durable. Some file systems cannot do it for a folder; the file itself is safe by then. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync().catch(() => {});
  } finally {
    await handle.close();
  }
}

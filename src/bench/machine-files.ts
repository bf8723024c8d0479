import { type FileHandle, open, readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { strewn } from '../convert/measuring/estimate.js';
import { ForgeError } from '../errors.js';
import { ReadableImage } from '../image/readable-image.js';
import { createSpillFile, spillFolder } from '../image/spill.js';

/** The files of the system itself, of which a disk of one is full. */
export const machineFolder = '/usr';

// A file system begins a file at a new block.
const blockBytes = 4096;
// Of one file no more, so that a few large ones do not stand for all.
const mostOfFileBytes = 8 * 2 ** 20;
// Enough of any system; a folder without end is not looked through to it.
const mostFiles = 200_000;

export interface MachineFiles {
  readonly image: ReadableImage;
  readonly fileCount: number;
}

/**
 * Puts files of this machine one behind the other into a temporary raw image: every so many of those in the folder, so
 * that they come from all of it. What cannot be read is left out.
 *
 * @throws ForgeError where no file can be read, or the signal's reason
 */
export async function gatherMachineFiles(
  folder: string,
  mostBytes: number,
  signal?: AbortSignal,
): Promise<MachineFiles> {
  const paths = await filesBelow(folder, signal);
  const spill = await createSpillFile(await spillFolder(), `the files of ${folder}`);
  try {
    const target = await open(spill.path, 'r+');
    let copied: Copied;
    try {
      copied = await copyFiles(strewn(paths), target, mostBytes, signal);
    } finally {
      await target.close();
    }
    if (copied.lengthBytes === 0)
      throw new ForgeError('IO_NOT_FOUND', 'has no file that can be read', { path: folder });
    await truncate(spill.path, copied.lengthBytes);
    const ref = { path: spill.path, format: 'raw', label: `files of ${folder}` } as const;
    const image = ReadableImage.open(ref, 'plain', { spill });
    return { image, fileCount: copied.fileCount };
  } catch (thrown) {
    await spill[Symbol.asyncDispose]();
    throw spill.translate(thrown);
  }
}

async function filesBelow(folder: string, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const paths: string[] = [];
  const folders = [folder];
  for (let at = folders.pop(); at !== undefined && paths.length < mostFiles; at = folders.pop()) {
    signal?.throwIfAborted();
    const parent = at;
    const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isDirectory()) folders.push(join(parent, entry.name));
      else if (entry.isFile()) paths.push(join(parent, entry.name));
    }
  }
  return paths.sort();
}

interface Copied {
  readonly lengthBytes: number;
  readonly fileCount: number;
}

async function copyFiles(
  paths: Iterable<string>,
  target: FileHandle,
  mostBytes: number,
  signal: AbortSignal | undefined,
): Promise<Copied> {
  const buffer = Buffer.alloc(mostOfFileBytes);
  let lengthBytes = 0;
  let fileCount = 0;
  for (const path of paths) {
    if (lengthBytes >= mostBytes) break;
    signal?.throwIfAborted();
    const bytes = await beginningOf(
      path,
      buffer.subarray(0, Math.min(buffer.length, mostBytes - lengthBytes)),
    );
    if (bytes.length === 0) continue;
    await target.write(bytes, 0, bytes.length, lengthBytes);
    lengthBytes += Math.ceil(bytes.length / blockBytes) * blockBytes;
    fileCount += 1;
  }
  return { lengthBytes, fileCount };
}

async function beginningOf(path: string, buffer: Buffer): Promise<Buffer> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return buffer.subarray(0, 0);
  try {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return buffer.subarray(0, 0);
  } finally {
    await file.close();
  }
}

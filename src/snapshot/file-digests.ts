import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { toForgeError } from '../errors.js';
import type { FileDigests } from './disk-result.js';

// Large enough that a read costs little, and short enough that whatever else waits for this thread waits for milliseconds.
const readBytes = 1024 * 1024;

/** Digests of a file, which is read once. @throws ForgeError IO_*, or the signal's reason */
export async function fileDigests(path: string, signal?: AbortSignal): Promise<FileDigests> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: readBytes, signal })) {
      sha256.update(chunk);
      md5.update(chunk);
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    throw toForgeError(thrown, path);
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex') };
}

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { toForgeError } from '../errors.js';
import type { FileDigests } from './disk-result.js';

// Large enough that a read costs little, and short enough that whatever else waits for this thread waits for milliseconds.
const readBytes = 1024 * 1024;

export interface DigestsOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?:
    | ((progress: { phase: 'hashing'; doneBytes: number; totalBytes: number }) => void)
    | undefined;
}

/** Digests of a file, which is read once. @throws ForgeError IO_*, or the signal's reason */
export async function fileDigests(
  path: string,
  { signal, onProgress }: DigestsOptions = {},
): Promise<FileDigests> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  try {
    await using handle = await open(path, 'r');
    const { size: totalBytes } = await handle.stat();
    let doneBytes = 0;
    onProgress?.({ phase: 'hashing', doneBytes, totalBytes });
    for await (const chunk of chunksOf(handle)) {
      signal?.throwIfAborted();
      sha256.update(chunk);
      md5.update(chunk);
      doneBytes += chunk.length;
      onProgress?.({ phase: 'hashing', doneBytes, totalBytes });
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    throw toForgeError(thrown, path);
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex') };
}

/**
 * The bytes of a file, each chunk good until the next one is asked for. That one is read meanwhile, into the other of two
 * buffers: fresh ones for each would fill memory faster than it is given back.
 */
async function* chunksOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  let filling = new Uint8Array(readBytes);
  let filled = new Uint8Array(readBytes);
  let reading = handle.read(filling, 0, readBytes, 0);
  try {
    for (let offsetBytes = 0; ; ) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return;
      [filled, filling] = [filling, filled];
      offsetBytes += bytesRead;
      reading = handle.read(filling, 0, readBytes, offsetBytes);
      yield filled.subarray(0, bytesRead);
    }
  } finally {
    await reading.catch(() => {});
  }
}

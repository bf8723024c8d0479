import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** A run of bytes in a test image. */
export interface Island {
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

/** Bytes that do not compress. */
export function noise(lengthBytes: number): Uint8Array {
  return randomFillSync(new Uint8Array(lengthBytes));
}

/** Bytes as they stand in text: they compress about three to one, and no two runs are alike. */
export function prose(lengthBytes: number, seed = 1): Uint8Array {
  const words = ['segment', 'cluster', 'image', 'disk', 'table', 'guest', 'host', 'extent', 'plan', 'sink'];
  const bytes = Buffer.alloc(lengthBytes);
  let state = seed;
  for (let at = 0; at < lengthBytes; ) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    at += bytes.write(`${words[state % words.length]} ${(state >>> 8) % 1000} `, at, 'latin1') || 1;
  }
  return bytes;
}

/** Makes a sparse raw image with data at some places. */
export async function makeRaw(
  path: string,
  sizeBytes: number,
  islands: readonly Island[] = [],
): Promise<string> {
  const handle = await open(path, 'w');
  try {
    await handle.truncate(sizeBytes);
    for (const { offsetBytes, bytes } of islands) await handle.write(bytes, 0, bytes.length, offsetBytes);
  } finally {
    await handle.close();
  }
  return path;
}

// Several times the usual: disks are large.
const readBytes = 1024 * 1024;

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: readBytes }), hash);
  return hash.digest('hex');
}

import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { toForgeError } from '../errors.js';
import { longestManifestBytes } from './review/review.js';

/**
 * The bytes of a manifest in a file: of one that is too long so many that {@link validateManifest} says so, and no more.
 *
 * @throws ForgeError IO_*
 */
export async function readManifestFile(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r');
    return await readBounded(file.createReadStream({ autoClose: false }));
  } catch (thrown) {
    throw toForgeError(thrown, path);
  }
}

/** The same of a stream. */
export async function readManifestStream(stream: Readable): Promise<Uint8Array> {
  try {
    return await readBounded(stream);
  } catch (thrown) {
    throw toForgeError(thrown, 'standard input');
  }
}

async function readBounded(stream: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let lengthBytes = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    lengthBytes += bytes.length;
    if (lengthBytes > longestManifestBytes) break;
  }
  return Buffer.concat(chunks);
}

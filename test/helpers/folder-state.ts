import { createHash } from 'node:crypto';
import { type BigIntStats, createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

// Beyond this the length and the time of the last write must be enough: reading it all would take long.
const mostHashedBytes = 32n * 1024n * 1024n;

/** All there is in a folder, and in its folders: by name what kind it is, its content, and when it was written. */
export async function stateOf(folder: string): Promise<Record<string, string>> {
  const state: Record<string, string> = {};
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name);
    const facts = await lstat(path, { bigint: true });
    // A folder's own time changes with every file that comes and goes in it.
    state[name] = facts.isDirectory() ? 'folder' : `${await contentOf(path, facts)} of ${facts.mtimeNs}`;
  }
  return state;
}

async function contentOf(path: string, facts: BigIntStats): Promise<string> {
  if (facts.isSymbolicLink()) return `link to ${await readlink(path)}`;
  if (!facts.isFile()) return 'special file';
  if (facts.size > mostHashedBytes) return `${facts.size} bytes`;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `${facts.size} bytes ${hash.digest('hex')}`;
}

import { readFile, stat } from 'node:fs/promises';
import { ForgeError, toForgeError } from '../errors.js';

/**
 * The text of a file that is no more than a file: a pipe in its place would never end.
 *
 * @throws ForgeError IO_*
 */
export async function readRegularFile(path: string): Promise<string> {
  try {
    if ((await stat(path)).isFile()) return await readFile(path, 'utf8');
  } catch (thrown) {
    throw toForgeError(thrown, path);
  }
  throw new ForgeError('IO_NOT_A_FILE', 'is no regular file, which it has to be; move it away', { path });
}

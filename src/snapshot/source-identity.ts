import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { toForgeError } from '../errors.js';
import type { SourceIdentity } from './disk-result.js';

/** What a file is now. @throws ForgeError IO_* */
export async function identityOf(path: string): Promise<SourceIdentity> {
  try {
    const { size, mtimeNs, ino, dev } = await stat(path, { bigint: true });
    return {
      path: resolve(path),
      sizeBytes: Number(size),
      modifiedNs: `${mtimeNs}`,
      inode: `${ino}`,
      device: `${dev}`,
    };
  } catch (thrown) {
    throw toForgeError(thrown, path);
  }
}

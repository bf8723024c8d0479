import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Whether this is a clone of the repository: the set-up is in no package. */
export function isClone(): boolean {
  return existsSync(join(import.meta.dirname, '../../../setup/setup.mjs'));
}

import { stat } from 'node:fs/promises';
import { join } from 'node:path';

// The package came to this machine with the one, and was built on it with the other.
const files = ['package.json', 'build/Release/omiforge.node'];

/** When this installation was made, by the clock of then; undefined where that cannot be told. */
export async function installedAt(): Promise<Date | undefined> {
  const root = join(import.meta.dirname, '../../..');
  const times = await Promise.all(
    files.map((file) =>
      stat(join(root, file)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  const latestMs = Math.max(...times);
  return latestMs > 0 ? new Date(latestMs) : undefined;
}

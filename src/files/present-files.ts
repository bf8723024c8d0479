import { unlinkSync } from 'node:fs';

// The temporary files of this thread that are not yet finished or removed.
const present = new Set<string>();

/** To be called before it is made. */
export function temporaryFileBegins(path: string): void {
  present.add(path);
}

/** To be called when it is removed or has got its final name. */
export function temporaryFileEnds(path: string): void {
  present.delete(path);
}

/**
 * Removes what is left, at once: for a process that ends without the usual cleaning up. In a file that needs nothing
 * else, so that every command can be interrupted, also where the addon does not load.
 */
export function removeTemporaryFilesNow(): void {
  for (const path of present) {
    try {
      unlinkSync(path);
    } catch {
      // It may be gone, or not made yet. Nothing more can be done at this point.
    }
  }
  present.clear();
}

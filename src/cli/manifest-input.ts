import { readManifestFile, readManifestStream } from '../manifest/read-bytes.js';

/** The bytes of a manifest that is named on the command line: a file, or `-` for standard input. */
export function readManifestInput(path: string): Promise<Uint8Array> {
  return path === '-' ? readManifestStream(process.stdin) : readManifestFile(path);
}

/** How people call that place. */
export function inputName(path: string): string {
  return path === '-' ? 'standard input' : path;
}

import { TargetFile } from '../files/target-file.js';
import type { Manifest } from './schema.js';
import { serializeManifest } from './serialize.js';

/**
 * Writes a manifest as a whole or not at all. Only the owner may read the file, since its URLs open the images to
 * whoever has them.
 *
 * @throws ForgeError TARGET_EXISTS when a file is there and `force` is not set, IO_NOT_A_FILE when something else
 * than a regular file is, or another IO_*.
 */
export async function saveManifest(manifest: Manifest, path: string, force: boolean): Promise<void> {
  await saveManifestText(serializeManifest(manifest), path, force);
}

/** {@link saveManifest} for a manifest that is a text already. */
export async function saveManifestText(text: string, path: string, force: boolean): Promise<void> {
  await using file = await TargetFile.create(path, { replace: force, durable: true, mode: 0o600 });
  try {
    await file.handle.writeFile(text);
    await file.commit();
  } catch (thrown) {
    throw file.translate(thrown);
  }
}

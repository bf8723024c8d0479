import type { Manifest } from './schema.js';

/** The manifest as strict JSON, indented by two spaces and ending in a line break. */
export function serializeManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/**
 * Whose keys the disks of a manifest have: `A/B` for the two editions of "Creating a manifest file", `C` for the current
 * "Manifest file reference", `all` for both at once, `none` where nobody can tell.
 */
export type DocumentationEdition = 'A/B' | 'C' | 'all' | 'none';

/** A guess by the keys of the disks that only some editions have. */
export function editionOf(keys: ReadonlySet<string>): DocumentationEdition {
  if (keys.size === 0) return 'none';
  const isOld = keys.has('Ordering') || keys.has('CompressedSize');
  if (isOld) return keys.has('Iops') ? 'all' : 'A/B';
  return 'C';
}

import { harmless } from '../quoted.js';

const plainKey = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** A path as people write it, such as `Image.Snapshots[1].Device`; the whole document is empty. */
export function pathText(segments: readonly (string | number)[]): string {
  return segments.reduce<string>((path, segment) => childPath(path, segment), '');
}

/** The path of a member or an entry of what is at `path`. */
export function childPath(path: string, segment: string | number): string {
  if (typeof segment === 'number') return `${path}[${segment}]`;
  const shown = harmless(segment);
  if (shown !== segment || !plainKey.test(segment)) return `${path}[${JSON.stringify(shown)}]`;
  return path === '' ? segment : `${path}.${segment}`;
}

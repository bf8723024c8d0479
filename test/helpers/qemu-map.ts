import { qemuImg } from './qemu.js';

/** A line of `qemu-img map --output=json`. */
export interface MapEntry {
  readonly start: number;
  readonly length: number;
  readonly depth: number;
  readonly present: boolean;
  readonly zero: boolean;
  readonly data: boolean;
  readonly compressed?: boolean;
  readonly offset?: number;
}

/**
 * The map of a chain without what is no part of the disk: what qemu-img says of holes beneath data clusters, where in
 * an allocated cluster there is room for a subcluster that is not, and `compressed`, which came with qemu 8.2.
 */
export function plainMap(entries: readonly MapEntry[]): MapEntry[] {
  const joined: MapEntry[] = [];
  for (const { compressed: _, offset, ...flags } of entries) {
    const hasPlace = flags.present && offset !== undefined;
    const entry = { ...flags, zero: flags.zero && !flags.data, ...(hasPlace ? { offset } : {}) };
    const last = joined.at(-1);
    if (last !== undefined && follows(last, entry)) {
      joined[joined.length - 1] = { ...last, length: last.length + entry.length };
    } else {
      joined.push(entry);
    }
  }
  return joined;
}

function follows(last: MapEntry, next: MapEntry): boolean {
  if (last.depth !== next.depth || last.present !== next.present) return false;
  if (last.zero !== next.zero || last.data !== next.data) return false;
  if (last.offset === undefined || next.offset === undefined) return last.offset === next.offset;
  return last.offset + last.length === next.offset;
}

/** What qemu-img says of an image and all behind it. */
export async function qemuMap(path: string, format: 'raw' | 'qcow2'): Promise<MapEntry[]> {
  return plainMap(JSON.parse(await qemuImg('map', '--output=json', '-f', format, path)) as MapEntry[]);
}

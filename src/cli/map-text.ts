import type { Extent } from '../native/boundary.js';
import { bytesText } from './quantities.js';

// Both go on while extents come: a map can be larger than memory.

/** What `qemu-img map --output=json` prints, one extent a line. */
export async function* mapJson(extents: AsyncIterable<Extent>): AsyncGenerator<string> {
  let before = '[';
  for await (const extent of extents) {
    yield `${before}${entryText(flagsOf(extent))}`;
    before = ',\n';
  }
  // Of a disk of no length qemu-img prints this.
  if (before === '[') yield `[${entryText(noLength)}`;
  yield ']\n';
}

interface Flags {
  readonly start: number;
  readonly length: number;
  /** How many backing files lie between. */
  readonly depth: number;
  /** Whether the file at that depth says what the content is. */
  readonly present: boolean;
  readonly zero: boolean;
  readonly data: boolean;
  /** Printed by qemu-img 8.2 and later. */
  readonly compressed: boolean;
  readonly offset?: number;
}

const noLength: Flags = {
  start: 0,
  length: 0,
  depth: 0,
  present: false,
  zero: false,
  data: false,
  compressed: false,
};

function flagsOf({ startBytes, lengthBytes, kind, hostOffsetBytes, depth = 0 }: Extent): Flags {
  const isStored = kind === 'data' || kind === 'compressed';
  return {
    start: startBytes,
    length: lengthBytes,
    depth,
    // The holes of a raw file have a place, and are as good as data.
    present: kind !== 'unallocated' || hostOffsetBytes !== undefined,
    zero: !isStored,
    data: isStored,
    compressed: kind === 'compressed',
    ...(hostOffsetBytes === undefined ? {} : { offset: hostOffsetBytes }),
  };
}

function entryText(flags: Flags): string {
  const pairs = Object.entries(flags).map(([key, value]) => `"${key}": ${value}`);
  return `{ ${pairs.join(', ')}}`;
}

/** A table for people; `isChain` adds which image of a chain is meant. Its columns are as wide as the largest number can be, as no row is known before its turn. */
export async function* mapTable(
  extents: AsyncIterable<Extent>,
  virtualSizeBytes: number,
  isChain: boolean,
): AsyncGenerator<string> {
  const width = Math.max(`${virtualSizeBytes}`.length, 'length'.length);
  const row = (start: string, length: string, size: string, kind: string, depth: string, host: string) => {
    const image = isChain ? `${depth.padStart('depth'.length)}  ` : '';
    return `${start.padStart(width)}  ${length.padStart(width)}  ${size.padStart(11)}  ${kind.padEnd(11)}  ${image}${host}\n`;
  };
  yield row('start', 'length', 'size', 'kind', 'depth', 'host offset');
  for await (const { startBytes, lengthBytes, kind, hostOffsetBytes, depth = 0 } of extents) {
    const size = bytesText(lengthBytes);
    yield row(`${startBytes}`, `${lengthBytes}`, size, kind, `${depth}`, `${hostOffsetBytes ?? '-'}`);
  }
}

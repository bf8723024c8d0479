import { fieldText, uuidText } from '../field-text.js';
import type { Probe } from './superblock.js';

/** The sizes that pages have on the architectures of Linux. The magic is at the end of the first one. */
const pageSizes = [4096, 8192, 16384, 32768, 65536];
const magic = 'SWAPSPACE2';

export const probeSwap: Probe = (range) => {
  for (const pageBytes of pageSizes) {
    const found = range.read(pageBytes - magic.length, magic.length)?.toString('latin1');
    if (found !== magic) continue;
    const header = range.read(1024, 512);
    if (header === undefined) return undefined;
    return {
      type: 'swap',
      label: fieldText(header.subarray(28, 44)),
      uuid: uuidText(header.subarray(12, 28)),
      // The number of the last page: the first one has this header.
      sizeBytes: (BigInt(header.readUInt32LE(4)) + 1n) * BigInt(pageBytes),
    };
  }
  return undefined;
};

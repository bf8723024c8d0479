import { fieldText, uuidText } from '../field-text.js';
import { isPowerOfTwo, type Probe } from './superblock.js';

/** The first superblock of btrfs (btrfs documentation, "On-disk Format"). */
const superblockOffset = 64 * 1024;

export const probeBtrfs: Probe = (range) => {
  const block = range.read(superblockOffset, 4096);
  if (block?.toString('latin1', 64, 72) !== '_BHRfS_M') return undefined;
  if (!isPowerOfTwo(block.readUInt32LE(144), 512, 65536)) return undefined;
  return {
    type: 'btrfs',
    label: fieldText(block.subarray(299, 299 + 256)),
    uuid: uuidText(block.subarray(32, 48)),
    // The size of this device: a file system can have several.
    sizeBytes: block.readBigUInt64LE(209),
  };
};

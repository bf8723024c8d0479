import { uuidText, wideFieldText } from '../field-text.js';
import type { Probe } from './superblock.js';

const magic = 0xf2f5_2010;
/** Where its first superblock is (Linux, include/linux/f2fs_fs.h), which has its fields at these offsets. */
const superblockOffset = 1024;

export const probeF2fs: Probe = (range) => {
  const block = range.read(superblockOffset, 1024);
  if (block?.readUInt32LE(0) !== magic) return undefined;
  const blockBits = block.readUInt32LE(16);
  if (blockBits < 9 || blockBits > 16) return undefined;
  return {
    type: 'f2fs',
    label: wideFieldText(block.subarray(124, 1024)),
    uuid: uuidText(block.subarray(108, 124)),
    sizeBytes: block.readBigUInt64LE(36) << BigInt(blockBits),
  };
};

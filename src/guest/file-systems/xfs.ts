import { fieldText, uuidText } from '../field-text.js';
import { isPowerOfTwo, type Probe } from './superblock.js';

/** The first superblock of XFS ("XFS Filesystem Structure", chapter on allocation groups); the highest byte first. */
export const probeXfs: Probe = (range) => {
  const block = range.read(0, 512);
  if (block?.toString('latin1', 0, 4) !== 'XFSB') return undefined;
  const blockBytes = block.readUInt32BE(4);
  const blocks = block.readBigUInt64BE(8);
  const groupBlocks = BigInt(block.readUInt32BE(84));
  const groups = BigInt(block.readUInt32BE(88));
  // All groups but the last are full.
  const isFilled = groups > 0n && blocks <= groups * groupBlocks && blocks > (groups - 1n) * groupBlocks;
  if (!isPowerOfTwo(blockBytes, 512, 65536) || !isFilled) return undefined;
  return {
    type: 'xfs',
    label: fieldText(block.subarray(108, 120)),
    uuid: uuidText(block.subarray(32, 48)),
    sizeBytes: blocks * BigInt(blockBytes),
  };
};

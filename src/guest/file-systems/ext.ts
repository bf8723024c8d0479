import { fieldText, uuidText } from '../field-text.js';
import type { FileSystemType } from '../report.js';
import type { Probe } from './superblock.js';

/** The superblock of ext2, 3 and 4 (kernel documentation, "ext4 Data Structures and Algorithms"). */
const superblockOffset = 1024;
const magic = 0xef53;

const compatHasJournal = 0x4;
const incompatJournalDevice = 0x8;
const incompat64Bit = 0x80;

/** Features that ext3 has; whatever is beyond them is ext4. */
const ext3Incompat = 0x2 | 0x4 | 0x10;
const ext3ReadOnly = 0x1 | 0x2 | 0x4;

/** Blocks of 64 KiB are the largest. */
const largestBlockShift = 6;

export const probeExt: Probe = (range) => {
  const block = range.read(superblockOffset, 1024);
  if (block === undefined || block.readUInt16LE(0x38) !== magic) return undefined;
  const blockShift = block.readUInt32LE(0x18);
  const incompat = block.readUInt32LE(0x60);
  // A journal on a device of its own is no file system.
  if (blockShift > largestBlockShift || (incompat & incompatJournalDevice) !== 0) return undefined;
  const high = (incompat & incompat64Bit) === 0 ? 0 : block.readUInt32LE(0x150);
  const blocks = (BigInt(high) << 32n) + BigInt(block.readUInt32LE(0x4));
  return {
    type: typeOf(block.readUInt32LE(0x5c), incompat, block.readUInt32LE(0x64)),
    label: fieldText(block.subarray(0x78, 0x88)),
    uuid: uuidText(block.subarray(0x68, 0x78)),
    sizeBytes: blocks << BigInt(10 + blockShift),
  };
};

function typeOf(compat: number, incompat: number, readOnly: number): FileSystemType {
  if ((incompat & ~ext3Incompat) !== 0 || (readOnly & ~ext3ReadOnly) !== 0) return 'ext4';
  return (compat & compatHasJournal) === 0 ? 'ext2' : 'ext3';
}

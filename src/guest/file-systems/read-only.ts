import { fieldText } from '../field-text.js';
import type { Probe } from './superblock.js';

/** squashfs 4, the one that Linux has read since 2009 (kernel documentation, "Squashfs 4.0 Filesystem"). */
export const probeSquashfs: Probe = (range) => {
  const block = range.read(0, 96);
  if (block?.toString('latin1', 0, 4) !== 'hsqs' || block.readUInt16LE(28) !== 4) return undefined;
  return { type: 'squashfs', sizeBytes: block.readBigUInt64LE(40) };
};

/** The first volume descriptor of ISO 9660 is in sector 16, and sectors have 2048 bytes. */
const descriptorOffset = 16 * 2048;
const primaryDescriptor = 1;

export const probeIso9660: Probe = (range) => {
  const descriptor = range.read(descriptorOffset, 2048);
  if (descriptor?.toString('latin1', 1, 6) !== 'CD001' || descriptor[0] !== primaryDescriptor)
    return undefined;
  return {
    type: 'iso9660',
    label: fieldText(descriptor.subarray(40, 72)),
    sizeBytes: BigInt(descriptor.readUInt32LE(80)) * BigInt(descriptor.readUInt16LE(128)),
  };
};

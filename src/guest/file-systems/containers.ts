import { fieldText, uuidText } from '../field-text.js';
import type { Probe } from './superblock.js';

/** LUKS 1 and 2 (their on-disk format specifications); the highest byte first. */
export const probeLuks: Probe = (range) => {
  const header = range.read(0, 512);
  if (header?.toString('latin1', 0, 6) !== 'LUKS\xba\xbe') return undefined;
  const version = header.readUInt16BE(6);
  if (version !== 1 && version !== 2) return undefined;
  return {
    type: `luks${version}`,
    label: version === 2 ? fieldText(header.subarray(24, 72)) : undefined,
    uuid: fieldText(header.subarray(168, 208)),
  };
};

const labelSectors = [0, 1, 2, 3];

/** The label of a physical volume of LVM2, which is in one of the first four sectors (lvm2, format_text/layout.h). */
export const probeLvm: Probe = (range) => {
  for (const sectorNumber of labelSectors) {
    const sector = range.read(sectorNumber * 512, 512);
    if (sector?.toString('latin1', 0, 8) !== 'LABELONE') continue;
    if (sector.toString('latin1', 24, 32) !== 'LVM2 001') continue;
    if (sector.readBigUInt64LE(8) !== BigInt(sectorNumber)) continue;
    const at = sector.readUInt32LE(20);
    if (at + 40 > sector.length) continue;
    return {
      type: 'lvm2',
      uuid: sector
        .toString('latin1', at, at + 32)
        .replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-$5-$6-'),
      sizeBytes: sector.readBigUInt64LE(at + 32),
    };
  }
  return undefined;
};

const raidMagic = 0xa92b_4efc;

/**
 * A member of a Linux RAID, version 1 (Linux, include/uapi/linux/raid/md_p.h): its superblock is at the beginning (1.1), after
 * 4 KiB (1.2), or in the last 8 to 12 KiB (1.0), and says where.
 */
export const probeRaid: Probe = (range) => {
  const lastSector = Math.floor((range.sizeBytes / 512 - 16) / 8) * 8;
  for (const sectorNumber of [0, 8, lastSector].filter((sector) => sector >= 0)) {
    const block = range.read(sectorNumber * 512, 256);
    if (block?.readUInt32LE(0) !== raidMagic || block.readUInt32LE(4) !== 1) continue;
    if (block.readBigUInt64LE(144) !== BigInt(sectorNumber)) continue;
    return {
      type: 'linux_raid',
      label: fieldText(block.subarray(32, 64)),
      uuid: uuidText(block.subarray(16, 32)),
    };
  }
  return undefined;
};

import { hexOf, wideFieldText } from '../field-text.js';
import type { GuestRange } from '../guest-disk.js';
import { hasBootSignature } from '../mbr.js';
import { isPowerOfTwo, type Probe } from './superblock.js';

/** The record of the master file table that describes the volume, and the attribute in it that is its name. */
const volumeRecord = 3;
const volumeNameAttribute = 0x60;
const endAttribute = 0xffffffff;

/** As many attributes as fit into a record of 4 KiB. */
const mostAttributes = 64;

export const probeNtfs: Probe = (range) => {
  const sector = range.read(0, 512);
  if (sector?.toString('latin1', 3, 11) !== 'NTFS    ') return undefined;
  const sectorBytes = sector.readUInt16LE(11);
  if (!hasBootSignature(sector) || !isPowerOfTwo(sectorBytes, 256, 4096)) return undefined;
  const sectors = sector.readBigUInt64LE(40);
  return {
    type: 'ntfs',
    label: labelOf(range, sector, sectorBytes),
    uuid: hexOf(sector.readBigUInt64LE(72), 16).toUpperCase(),
    // A copy of this sector stands behind those that are counted.
    sizeBytes: (sectors + 1n) * BigInt(sectorBytes),
  };
};

export const probeBitLocker: Probe = (range) =>
  range.read(0, 512)?.toString('latin1', 3, 11) === '-FVE-FS-' ? { type: 'bitlocker' } : undefined;

function labelOf(range: GuestRange, sector: Buffer, sectorBytes: number): string | undefined {
  const clusterSectors = sizeFrom(sector.readInt8(13), 128);
  const clusterBytes = clusterSectors * sectorBytes;
  const perRecord = sector.readInt8(64);
  const recordBytes = perRecord > 0 ? perRecord * clusterBytes : sizeFrom(perRecord, 1);
  if (recordBytes < 256 || recordBytes > 4096) return undefined;
  const tableBytes = Number(sector.readBigUInt64LE(48)) * clusterBytes;
  const record = range.read(tableBytes + volumeRecord * recordBytes, recordBytes);
  return record?.toString('latin1', 0, 4) === 'FILE' ? nameIn(record) : undefined;
}

/** Such numbers are negative where they are powers of two: -10 is 1024. */
function sizeFrom(value: number, mostPlain: number): number {
  if (value > 0 && value <= mostPlain) return value;
  // As an unsigned byte 128 is the largest plain one.
  if (value === -128) return 128;
  return value < 0 && value >= -31 ? 2 ** -value : 0;
}

function nameIn(record: Buffer): string | undefined {
  let at = record.readUInt16LE(20);
  for (let seen = 0; seen < mostAttributes && at + 24 <= record.length; seen += 1) {
    const type = record.readUInt32LE(at);
    const lengthBytes = record.readUInt32LE(at + 4);
    if (type === endAttribute || lengthBytes === 0) return undefined;
    if (type === volumeNameAttribute) {
      const start = at + record.readUInt16LE(at + 20);
      return wideFieldText(record.subarray(start, start + record.readUInt32LE(at + 16)));
    }
    at += lengthBytes;
  }
  return undefined;
}

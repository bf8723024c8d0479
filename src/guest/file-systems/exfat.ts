import { serialText, wideFieldText } from '../field-text.js';
import type { GuestRange } from '../guest-disk.js';
import { hasBootSignature } from '../mbr.js';
import type { Probe } from './superblock.js';

/** An entry of the root directory that is the name of the volume (exFAT specification, 7.3). */
const labelEntry = 0x83;
const longestLabel = 11;

/** The name is among the first entries. */
const searchedBytes = 4096;

export const probeExfat: Probe = (range) => {
  const sector = range.read(0, 512);
  if (sector?.toString('latin1', 3, 11) !== 'EXFAT   ' || !hasBootSignature(sector)) return undefined;
  const sectorShift = sector.readUInt8(108);
  const clusterShift = sector.readUInt8(109);
  if (sectorShift < 9 || sectorShift > 12 || clusterShift > 25 - sectorShift) return undefined;
  return {
    type: 'exfat',
    label: labelOf(range, sector, 2 ** sectorShift, 2 ** clusterShift),
    uuid: serialText(sector.readUInt32LE(100)),
    sizeBytes: sector.readBigUInt64LE(72) << BigInt(sectorShift),
  };
};

function labelOf(
  range: GuestRange,
  sector: Buffer,
  sectorBytes: number,
  clusterSectors: number,
): string | undefined {
  const rootSector = sector.readUInt32LE(88) + (sector.readUInt32LE(96) - 2) * clusterSectors;
  const root = range.read(rootSector * sectorBytes, Math.min(clusterSectors * sectorBytes, searchedBytes));
  if (root === undefined) return undefined;
  for (let at = 0; at < root.length && root[at] !== 0; at += 32) {
    const length = root.readUInt8(at + 1);
    if (root[at] !== labelEntry || length > longestLabel) continue;
    return wideFieldText(root.subarray(at + 2, at + 2 + length * 2));
  }
  return undefined;
}

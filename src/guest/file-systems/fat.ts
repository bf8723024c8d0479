import { fieldText, serialText } from '../field-text.js';
import type { GuestRange } from '../guest-disk.js';
import { hasBootSignature } from '../mbr.js';
import { type FatGeometry, volumeLabel } from './fat-directory.js';
import { isPowerOfTwo, type Probe } from './superblock.js';

/** With fewer clusters it is FAT12, or FAT16: nothing else tells them apart (Microsoft's FAT specification, 3.5). */
const leastFat16 = 4085;
const leastFat32 = 65525;

const noName = 'NO NAME';
const extendedSignature = 0x29;

export const probeFat: Probe = (range) => {
  const found = readFatGeometry(range);
  if (found === undefined) return undefined;
  const { geometry, sector } = found;
  const extended = geometry.bits === 32 ? 64 : 36;
  const isExtended = sector[extended + 2] === extendedSignature;
  const bootLabel = isExtended ? fieldText(sector.subarray(extended + 7, extended + 18)) : undefined;
  return {
    type: `fat${geometry.bits}`,
    label: volumeLabel(range, geometry) ?? (bootLabel === noName ? undefined : bootLabel),
    uuid: isExtended ? serialText(sector.readUInt32LE(extended + 3)) : undefined,
    sizeBytes: BigInt(geometry.sizeBytes),
  };
};

/** What the BIOS parameter block of a FAT says; undefined where it is none. */
export function readFatGeometry(
  range: GuestRange,
): { readonly geometry: FatGeometry; readonly sector: Buffer } | undefined {
  const sector = range.read(0, 512);
  if (sector === undefined || !hasBootSignature(sector)) return undefined;
  const sectorBytes = sector.readUInt16LE(11);
  const clusterSectors = sector.readUInt8(13);
  const reserved = sector.readUInt16LE(14);
  const copies = sector.readUInt8(16);
  const rootEntries = sector.readUInt16LE(17);
  const sectors = sector.readUInt16LE(19) || sector.readUInt32LE(32);
  const media = sector.readUInt8(21);
  const shortTable = sector.readUInt16LE(22);
  const tableSectors = shortTable || sector.readUInt32LE(36);
  const isPossible =
    isPowerOfTwo(sectorBytes, 512, 4096) &&
    isPowerOfTwo(clusterSectors, 1, 128) &&
    reserved > 0 &&
    copies > 0 &&
    tableSectors > 0 &&
    (media === 0xf0 || media >= 0xf8);
  const rootSectors = Math.ceil((rootEntries * 32) / sectorBytes);
  const dataSector = reserved + copies * tableSectors + rootSectors;
  if (!isPossible || sectors <= dataSector) return undefined;
  const clusters = Math.floor((sectors - dataSector) / clusterSectors);
  const bits = bitsOf(shortTable, clusters);
  if (bits === undefined) return undefined;
  const geometry = {
    bits,
    sizeBytes: sectors * sectorBytes,
    tableBytes: reserved * sectorBytes,
    rootBytes: (reserved + copies * tableSectors) * sectorBytes,
    rootLengthBytes: rootSectors * sectorBytes,
    rootCluster: sector.readUInt32LE(44),
    dataBytes: dataSector * sectorBytes,
    clusterBytes: clusterSectors * sectorBytes,
    clusters,
  } as const;
  return { geometry, sector };
}

/** FAT32 has its length of the table in another field. */
function bitsOf(shortTable: number, clusters: number): FatGeometry['bits'] | undefined {
  if (shortTable === 0) return 32;
  if (clusters >= leastFat32) return undefined;
  return clusters < leastFat16 ? 12 : 16;
}

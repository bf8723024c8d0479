import { hexOf } from './field-text.js';
import type { GuestRange } from './guest-disk.js';
import { isExtended } from './partition-types.js';
import type { SectorSize } from './report.js';

export interface MbrEntry {
  readonly number: number;
  readonly type: number;
  readonly isActive: boolean;
  readonly firstSector: number;
  readonly sectorCount: number;
  readonly isLogical: boolean;
}

/** The first sector of a disk that ends as a boot sector does. */
export interface Mbr {
  /** The code that a BIOS starts. */
  readonly bootCode: Buffer;
  /** Eight hexadecimal digits. */
  readonly diskId: string;
  /** Whether the bytes of the table can be one: boot sectors of file systems have code there. */
  readonly isTable: boolean;
  /** The used ones of the four. */
  readonly entries: readonly MbrEntry[];
}

/** Code and disk id come before the table, which begins here (UEFI specification, 5.2.1). */
const tableOffset = 446;
const entryBytes = 16;
const bootCodeBytes = 440;

/** Of more logical partitions Linux would take no notice either. */
const mostLogical = 128;

export function hasBootSignature(sector: Buffer): boolean {
  return sector[510] === 0x55 && sector[511] === 0xaa;
}

/** The MBR of a disk; undefined where its first sector has no boot signature. */
export function readMbr(whole: GuestRange): Mbr | undefined {
  const sector = whole.read(0, 512);
  if (sector === undefined || !hasBootSignature(sector)) return undefined;
  const statuses = [0, 1, 2, 3].map((index) => sector[tableOffset + index * entryBytes]);
  return {
    bootCode: sector.subarray(0, bootCodeBytes),
    diskId: hexOf(sector.readUInt32LE(bootCodeBytes), 8),
    isTable: statuses.every((status) => status === 0 || status === 0x80),
    entries: entriesOf(sector).filter(({ type, sectorCount }) => type !== 0 && sectorCount > 0),
  };
}

function entriesOf(sector: Buffer): MbrEntry[] {
  return [0, 1, 2, 3].map((index) => {
    const at = tableOffset + index * entryBytes;
    return {
      number: index + 1,
      type: sector.readUInt8(at + 4),
      isActive: sector[at] === 0x80,
      firstSector: sector.readUInt32LE(at + 8),
      sectorCount: sector.readUInt32LE(at + 12),
      isLogical: false,
    };
  });
}

/** Logical partitions, and whether the chain that names them was left before its end. */
export interface LogicalEntries {
  readonly entries: readonly MbrEntry[];
  /** Where the chain leads nowhere, in circles, or on without end. */
  readonly fault: string | undefined;
}

/**
 * The partitions in an extended one. Each of its links is a sector like an MBR, with the partition itself, counted
 * from that sector, and the next link, counted from the beginning of the extended partition.
 */
export function readLogical(whole: GuestRange, extended: MbrEntry, sectorSize: SectorSize): LogicalEntries {
  const entries: MbrEntry[] = [];
  const seen = new Set<number>();
  const stopped = (what: string) => ({ entries, fault: what });
  for (let link = extended.firstSector; ; ) {
    if (seen.has(link)) return stopped(`leads back to sector ${link}, where it has been`);
    if (seen.size === mostLogical) return stopped(`has more than ${mostLogical} links`);
    seen.add(link);
    const sector = whole.read(link * sectorSize, 512);
    if (sector === undefined) return stopped(`leads to sector ${link}, past the end of the disk`);
    if (!hasBootSignature(sector)) return stopped(`leads to sector ${link}, which is none of its links`);
    const used = entriesOf(sector).filter(({ sectorCount }) => sectorCount > 0);
    const partition = used.find(({ type }) => type !== 0 && !isExtended(type));
    if (partition !== undefined) {
      const firstSector = link + partition.firstSector;
      entries.push({ ...partition, number: entries.length + 5, firstSector, isLogical: true });
    }
    const next = used.find(({ type }) => isExtended(type));
    if (next === undefined) return { entries, fault: undefined };
    link = extended.firstSector + next.firstSector;
  }
}

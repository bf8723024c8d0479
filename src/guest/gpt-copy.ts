import { crc32 } from 'node:zlib';
import { guidText, wideFieldText } from './field-text.js';
import { type GuestRange, isZeros } from './guest-disk.js';
import type { SectorSize } from './report.js';

/** One copy of a GPT as it was found: a header (UEFI specification, 5.3.2), and the entries that it names. */
export interface FoundCopy {
  /** The sector that the header is in. */
  readonly sector: bigint;
  readonly isHeaderSound: boolean;
  readonly areEntriesSound: boolean;
  /** Where the header says that the other copy is. */
  readonly otherSector: bigint;
  readonly firstUsable: bigint;
  readonly lastUsable: bigint;
  readonly diskGuid: string;
  readonly entriesCrc: number;
  /** The used ones; none where they cannot be read. */
  readonly entries: readonly GptEntry[];
  /** Why the entries were not read. */
  readonly unread: string | undefined;
}

export interface GptEntry {
  readonly number: number;
  readonly typeGuid: string;
  readonly uuid: string;
  readonly firstSector: bigint;
  /** Belongs to the partition too. */
  readonly lastSector: bigint;
  readonly attributes: bigint;
  readonly name: string | undefined;
}

const signature = 'EFI PART';
const leastHeaderBytes = 92;
const leastEntryBytes = 128;
const mostEntryBytes = 4096;

/** Room for 2048 entries, where disks have 128: no more of an image than this is read at its word. */
export const mostEntriesBytes = 256 * 1024;

/** The copy whose header is in this sector; undefined where there is none. */
export function readGptCopy(
  whole: GuestRange,
  sectorSize: SectorSize,
  sector: bigint,
): FoundCopy | undefined {
  const header = whole.read(Number(sector) * sectorSize, sectorSize);
  if (header === undefined || header.toString('latin1', 0, 8) !== signature) return undefined;
  const entriesCrc = header.readUInt32LE(88);
  const { bytes, unread } = readEntries(whole, sectorSize, header);
  return {
    sector,
    isHeaderSound: isHeaderSound(header, sector),
    areEntriesSound: bytes !== undefined && crc32(bytes) === entriesCrc,
    otherSector: header.readBigUInt64LE(32),
    firstUsable: header.readBigUInt64LE(40),
    lastUsable: header.readBigUInt64LE(48),
    diskGuid: guidText(header.subarray(56, 72)),
    entriesCrc,
    entries: bytes === undefined ? [] : entriesOf(bytes, header.readUInt32LE(84)),
    unread,
  };
}

/** The checksum is made with zeros in its own place. */
function isHeaderSound(header: Buffer, sector: bigint): boolean {
  const lengthBytes = header.readUInt32LE(12);
  if (lengthBytes < leastHeaderBytes || lengthBytes > header.length) return false;
  const checked = Buffer.from(header.subarray(0, lengthBytes));
  checked.fill(0, 16, 20);
  return crc32(checked) === header.readUInt32LE(16) && header.readBigUInt64LE(24) === sector;
}

interface EntryBytes {
  readonly bytes: Buffer | undefined;
  readonly unread: string | undefined;
}

function readEntries(whole: GuestRange, sectorSize: SectorSize, header: Buffer): EntryBytes {
  const failed = (unread: string) => ({ bytes: undefined, unread });
  const count = header.readUInt32LE(80);
  const entryBytes = header.readUInt32LE(84);
  // Of a size that is 128 times a power of two.
  const isSize =
    entryBytes >= leastEntryBytes && entryBytes <= mostEntryBytes && (entryBytes & (entryBytes - 1)) === 0;
  if (!isSize || count === 0) return failed(`states ${count} entries of ${entryBytes} bytes`);
  const lengthBytes = count * entryBytes;
  if (lengthBytes > mostEntriesBytes) {
    return failed(
      `states ${count} entries of ${entryBytes} bytes, more than the ${mostEntriesBytes} bytes read`,
    );
  }
  const startSector = header.readBigUInt64LE(72);
  const bytes = whole.read(Number(startSector) * sectorSize, lengthBytes);
  return bytes === undefined
    ? failed(`has its entries at sector ${startSector}, past the end of the disk`)
    : { bytes, unread: undefined };
}

function entriesOf(bytes: Buffer, entryBytes: number): GptEntry[] {
  const entries: GptEntry[] = [];
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    const entry = bytes.subarray(at, at + leastEntryBytes);
    // An entry without a type is not used.
    if (isZeros(entry.subarray(0, 16))) continue;
    entries.push({
      number: at / entryBytes + 1,
      typeGuid: guidText(entry),
      uuid: guidText(entry.subarray(16)),
      firstSector: entry.readBigUInt64LE(32),
      lastSector: entry.readBigUInt64LE(40),
      attributes: entry.readBigUInt64LE(48),
      name: wideFieldText(entry.subarray(56)),
    });
  }
  return entries;
}

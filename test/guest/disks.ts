import { crc32 } from 'node:zlib';
import type { GuestDisk, GuestReport } from '../../src/index.js';

/** A disk in memory that allows no read outside of it. */
export function diskOf(bytes: Uint8Array): GuestDisk {
  return {
    sizeBytes: bytes.length,
    read(startBytes, target) {
      const isWithin = Number.isSafeInteger(startBytes) && startBytes >= 0;
      if (!isWithin || startBytes + target.length > bytes.length) {
        throw new RangeError(`${target.length} bytes at ${startBytes} of ${bytes.length}`);
      }
      target.set(bytes.subarray(startBytes, startBytes + target.length));
    },
  };
}

/** A disk with other bytes at one place. */
export function patched(disk: GuestDisk, offsetBytes: number, patch: Uint8Array): GuestDisk {
  return {
    sizeBytes: disk.sizeBytes,
    read(startBytes, target) {
      disk.read(startBytes, target);
      const from = Math.max(startBytes, offsetBytes);
      const to = Math.min(startBytes + target.length, offsetBytes + patch.length);
      if (from < to) target.set(patch.subarray(from - offsetBytes, to - offsetBytes), from - startBytes);
    },
  };
}

export interface MbrPartition {
  readonly type: number;
  readonly first: number;
  readonly count: number;
  readonly isActive?: boolean;
}

/** Writes the table of an MBR, or of a link of an extended partition, with its signature. */
export function writeMbr(bytes: Buffer, partitions: readonly MbrPartition[], at = 0): void {
  for (const [index, { type, first, count, isActive = false }] of partitions.entries()) {
    const entry = at + 446 + index * 16;
    bytes.writeUInt8(isActive ? 0x80 : 0, entry);
    bytes.writeUInt8(type, entry + 4);
    bytes.writeUInt32LE(first, entry + 8);
    bytes.writeUInt32LE(count, entry + 12);
  }
  bytes.writeUInt16LE(0xaa55, at + 510);
}

export interface GptPartition {
  readonly type: string;
  readonly first: number | bigint;
  readonly last: number | bigint;
  readonly name?: string;
  readonly attributes?: bigint;
}

export interface GptOptions {
  readonly sectorSize?: number;
  readonly entryCount?: number;
  readonly entryBytes?: number;
  /** The last sector of the disk that the table is made for. */
  readonly lastSector?: number;
}

export const types = {
  linux: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
  efi: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  biosBoot: '21686148-6449-6E6F-744E-656564454649',
  reserved: 'E3C9E316-0B5C-4DB8-817D-F92DF00215AE',
  basicData: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
} as const;

/** Writes a whole GPT: protective MBR, both headers, both arrays of entries. */
export function writeGpt(bytes: Buffer, partitions: readonly GptPartition[], options: GptOptions = {}): void {
  const { sectorSize = 512, entryCount = 128, entryBytes = 128 } = options;
  const { lastSector = bytes.length / sectorSize - 1 } = options;
  writeMbr(bytes, [{ type: 0xee, first: 1, count: Math.min(lastSector, 0xffff_ffff) }]);
  const entries = Buffer.alloc(entryCount * entryBytes);
  for (const [index, partition] of partitions.entries()) writeEntry(entries, index * entryBytes, partition);
  const entrySectors = Math.ceil(entries.length / sectorSize);
  const sides = [
    { header: 1, other: lastSector, entriesAt: 2 },
    { header: lastSector, other: 1, entriesAt: lastSector - entrySectors },
  ];
  for (const { header, other, entriesAt } of sides) {
    if ((header + 1) * sectorSize > bytes.length) continue;
    entries.copy(bytes, entriesAt * sectorSize);
    const sector = bytes.subarray(header * sectorSize);
    sector.write('EFI PART', 'latin1');
    sector.writeUInt32LE(0x10000, 8);
    sector.writeUInt32LE(92, 12);
    sector.writeBigUInt64LE(BigInt(header), 24);
    sector.writeBigUInt64LE(BigInt(other), 32);
    sector.writeBigUInt64LE(BigInt(2 + entrySectors), 40);
    sector.writeBigUInt64LE(BigInt(lastSector - entrySectors - 1), 48);
    writeGuid(sector, 56, '11111111-2222-3333-4444-555555555555');
    sector.writeBigUInt64LE(BigInt(entriesAt), 72);
    sector.writeUInt32LE(entryCount, 80);
    sector.writeUInt32LE(entryBytes, 84);
    sector.writeUInt32LE(crc32(entries), 88);
    signHeader(sector);
  }
}

/** Makes the checksum of a GPT header right again. */
export function signHeader(sector: Buffer): void {
  sector.writeUInt32LE(0, 16);
  sector.writeUInt32LE(crc32(sector.subarray(0, 92)), 16);
}

function writeEntry(entries: Buffer, at: number, partition: GptPartition): void {
  const { type, first, last, name = '', attributes = 0n } = partition;
  writeGuid(entries, at, type);
  writeGuid(entries, at + 16, `AAAAAAAA-0000-0000-0000-${at.toString(16).padStart(12, '0')}`);
  entries.writeBigUInt64LE(BigInt(first), at + 32);
  entries.writeBigUInt64LE(BigInt(last), at + 40);
  entries.writeBigUInt64LE(attributes, at + 48);
  entries.write(name, at + 56, 72, 'utf16le');
}

function writeGuid(bytes: Buffer, at: number, guid: string): void {
  const [one = '', two = '', three = '', ...rest] = guid.split('-');
  bytes.writeUInt32LE(Number.parseInt(one, 16), at);
  bytes.writeUInt16LE(Number.parseInt(two, 16), at + 4);
  bytes.writeUInt16LE(Number.parseInt(three, 16), at + 6);
  Buffer.from(rest.join(''), 'hex').copy(bytes, at + 8);
}

/** Boot code as GRUB has it, which goes on at a sector. */
export function writeGrub(bytes: Buffer, nextSector: number): void {
  bytes.write('\xeb\x63\x90', 0, 'latin1');
  bytes.writeBigUInt64LE(BigInt(nextSector), 0x5c);
  bytes.write('GRUB \0Geom\0Hard Disk\0Read\0 Error\r\n', 0x180, 'latin1');
  bytes.writeUInt16LE(0xaa55, 510);
}

/** Enough of an ext4 to be found: a superblock that states its size. */
export function writeExt4(bytes: Buffer, at: number, sizeBytes: number): void {
  const block = bytes.subarray(at + 1024);
  block.writeUInt32LE(sizeBytes / 4096, 4);
  block.writeUInt32LE(2, 0x18);
  block.writeUInt16LE(0xef53, 0x38);
  block.writeUInt32LE(4, 0x5c);
  block.writeUInt32LE(0x40, 0x60);
}

/** Enough of an NTFS, without a table of files. */
export function writeNtfs(bytes: Buffer, at: number, sizeBytes: number): void {
  const sector = bytes.subarray(at);
  sector.write('\xeb\x52\x90NTFS    ', 0, 'latin1');
  sector.writeUInt16LE(512, 11);
  sector.writeUInt8(8, 13);
  sector.writeBigUInt64LE(BigInt(sizeBytes / 512 - 1), 40);
  sector.writeBigUInt64LE(0xdeadbeefn, 72);
  sector.writeUInt16LE(0xaa55, 510);
}

export function warningsOf({ findings }: GuestReport): string[] {
  return findings.filter(({ severity }) => severity === 'warning').map(({ message }) => message);
}

export function notesOf({ findings }: GuestReport): string[] {
  return findings.filter(({ severity }) => severity === 'note').map(({ message }) => message);
}

import { fieldText } from '../field-text.js';
import type { GuestRange } from '../guest-disk.js';

/** Where things are in a FAT; offsets are from its beginning. */
export interface FatGeometry {
  readonly bits: 12 | 16 | 32;
  readonly sizeBytes: number;
  /** The first copy of the allocation table. */
  readonly tableBytes: number;
  /** The root directory of FAT12 and FAT16; that of FAT32 begins at `rootCluster`. */
  readonly rootBytes: number;
  readonly rootLengthBytes: number;
  readonly rootCluster: number;
  /** Cluster 2, the first one. */
  readonly dataBytes: number;
  readonly clusterBytes: number;
  readonly clusters: number;
}

export interface FatEntry {
  /** The long name where there is one. */
  readonly name: string;
  readonly isFolder: boolean;
  readonly isLabel: boolean;
  readonly firstCluster: number;
}

/** The root directory. */
export const rootFolder = 0;

const entryBytes = 32;

/** 2048 entries: the folders of a boot partition have some tens, and no loop of clusters is followed for longer. */
const mostFolderBytes = 64 * 1024;

const folderAttribute = 0x10;
const labelAttribute = 0x08;
const longNameAttributes = 0x0f;

/** What is in a folder, by its first cluster; what cannot be read of it is left out. */
export function readFolder(range: GuestRange, geometry: FatGeometry, firstCluster: number): FatEntry[] {
  const parts: Buffer[] = [];
  let lengthBytes = 0;
  for (const part of folderParts(range, geometry, firstCluster)) {
    parts.push(part);
    lengthBytes += part.length;
    if (lengthBytes >= mostFolderBytes) break;
  }
  return entriesOf(Buffer.concat(parts));
}

/** The name of the volume is an entry of its root directory. */
export function volumeLabel(range: GuestRange, geometry: FatGeometry): string | undefined {
  return readFolder(range, geometry, rootFolder).find(({ isLabel }) => isLabel)?.name;
}

function* folderParts(range: GuestRange, geometry: FatGeometry, firstCluster: number): Generator<Buffer> {
  const { bits, rootBytes, rootLengthBytes, rootCluster, dataBytes, clusterBytes, clusters } = geometry;
  if (firstCluster === rootFolder && bits !== 32) {
    const root = range.read(rootBytes, Math.min(rootLengthBytes, mostFolderBytes));
    if (root !== undefined) yield root;
    return;
  }
  let cluster: number | undefined = firstCluster === rootFolder ? rootCluster : firstCluster;
  while (cluster !== undefined && cluster >= 2 && cluster < clusters + 2) {
    const offsetBytes = dataBytes + (cluster - 2) * clusterBytes;
    const part = range.read(offsetBytes, Math.min(clusterBytes, mostFolderBytes));
    if (part === undefined) return;
    yield part;
    cluster = nextCluster(range, geometry, cluster);
  }
}

/** The entry of a cluster in the allocation table: what follows it, or a number past the last cluster. */
function nextCluster(
  range: GuestRange,
  { bits, tableBytes }: FatGeometry,
  cluster: number,
): number | undefined {
  if (bits === 32) {
    const entry = range.read(tableBytes + cluster * 4, 4);
    return entry && entry.readUInt32LE() & 0x0fff_ffff;
  }
  if (bits === 16) return range.read(tableBytes + cluster * 2, 2)?.readUInt16LE();
  // Two entries of 12 bits share three bytes.
  const pair = range.read(tableBytes + Math.floor((cluster * 3) / 2), 2)?.readUInt16LE();
  return pair === undefined ? undefined : cluster % 2 === 1 ? pair >> 4 : pair & 0xfff;
}

function entriesOf(bytes: Buffer): FatEntry[] {
  const entries: FatEntry[] = [];
  // A long name comes before its entry, in pieces of 13 characters, the last of them first.
  let longName = '';
  for (let at = 0; at + entryBytes <= bytes.length && bytes[at] !== 0; at += entryBytes) {
    const entry = bytes.subarray(at, at + entryBytes);
    const attributes = entry.readUInt8(11) & 0x3f;
    if (entry[0] === 0xe5) longName = '';
    else if (attributes === longNameAttributes) longName = longNamePiece(entry) + longName;
    else {
      const isLabel = (attributes & (labelAttribute | folderAttribute)) === labelAttribute;
      const name = isLabel ? fieldText(entry.subarray(0, 11)) : longName || shortName(entry);
      const isFolder = (attributes & folderAttribute) !== 0;
      const firstCluster = entry.readUInt16LE(20) * 65536 + entry.readUInt16LE(26);
      if (name !== undefined) entries.push({ name, isFolder, isLabel, firstCluster });
      longName = '';
    }
  }
  return entries;
}

function longNamePiece(entry: Buffer): string {
  const parts = [entry.subarray(1, 11), entry.subarray(14, 26), entry.subarray(28, 32)];
  return Buffer.concat(parts).toString('utf16le').replace(/\0.*$/s, '');
}

/** Windows and Linux mark what is in small letters with a bit, and spare the long name. */
const smallName = 0x08;
const smallEnding = 0x10;

function shortName(entry: Buffer): string | undefined {
  const flags = entry.readUInt8(12);
  const name = cased(entry.toString('latin1', 0, 8).trimEnd(), (flags & smallName) !== 0);
  const ending = cased(entry.toString('latin1', 8, 11).trimEnd(), (flags & smallEnding) !== 0);
  return name === '' ? undefined : ending === '' ? name : `${name}.${ending}`;
}

function cased(text: string, isSmall: boolean): string {
  return isSmall ? text.toLowerCase() : text;
}

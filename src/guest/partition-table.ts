import { describeCopy, type FoundGpt, gptFindings, readGpt } from './gpt.js';
import type { GptEntry } from './gpt-copy.js';
import type { GuestRange } from './guest-disk.js';
import { type Mbr, type MbrEntry, readLogical, readMbr } from './mbr.js';
import { gptTypeName, isExtended, mbrTypeId, mbrTypeName, mbrTypes } from './partition-types.js';
import {
  type FileSystemType,
  type Finding,
  note,
  type Partition,
  type PartitionTable,
  warning,
} from './report.js';

/** A partition before anybody has looked into it. */
export type TablePartition = Omit<Partition, 'fileSystem'>;

export interface FoundTable {
  readonly table: PartitionTable;
  readonly partitions: readonly TablePartition[];
  readonly mbr: Mbr | undefined;
  readonly findings: readonly Finding[];
}

const mbrSectorBytes = 512;

/** Attributes with a meaning for every type (UEFI specification, 5.3.3); bits 48 to 63 are the type's own. */
const attributeNames: ReadonlyMap<number, string> = new Map([
  [0, 'required'],
  [1, 'not for firmware'],
  [2, 'legacy BIOS bootable'],
]);
const activeBit = 4n;

/** What these have in the first sector is a boot sector of their own, and no MBR. */
const withBootSector: ReadonlySet<FileSystemType | undefined> = new Set([
  'fat12',
  'fat16',
  'fat32',
  'exfat',
  'ntfs',
  'bitlocker',
] as const);

/** The partition table of a disk. @param onWhole the file system that stands on the whole of it, if there is one */
export function readPartitionTable(whole: GuestRange, onWhole: FileSystemType | undefined): FoundTable {
  const mbr = readMbr(whole);
  const isTable = mbr?.isTable === true && !withBootSector.has(onWhole);
  const entries = isTable ? mbr.entries : [];
  const protective = entries.find(({ type }) => type === mbrTypes.protective);
  const isProtective = protective !== undefined;
  const gpt = readGpt(whole, protective && BigInt(protective.firstSector + protective.sectorCount) - 1n);
  // A backup alone, and nothing in the MBR that tells of a GPT, is what a former table has left.
  const isBare = entries.length === 0 && gpt?.primary !== undefined && !withBootSector.has(onWhole);
  if (gpt !== undefined && (isProtective || isBare)) return { ...gptTable(gpt, entries), mbr };
  const leftover = gpt === undefined ? [] : [leftoverFinding()];
  if (isTable && (entries.length > 0 || onWhole === undefined)) {
    const found = mbrTable(whole, mbr);
    return { ...found, mbr, findings: [...found.findings, ...leftover] };
  }
  return { table: { kind: 'none' }, partitions: [], mbr, findings: leftover };
}

function leftoverFinding(): Finding {
  return note(
    "there is a GPT, but no MBR that says so: systems take no notice of it; if it is what a former table has left, 'sgdisk --zap' removes it",
  );
}

function gptTable(gpt: FoundGpt, mbrEntries: readonly MbrEntry[]): Omit<FoundTable, 'mbr'> {
  const { sectorSizeBytes, primary, backup, used, lastSector } = gpt;
  const others = mbrEntries.filter(({ type }) => type !== mbrTypes.protective);
  const mbr = mbrEntries.length === 0 ? 'missing' : others.length === 0 ? 'protective' : 'hybrid';
  const findings = gptFindings(gpt);
  if (mbr === 'missing') {
    findings.push(
      warning("the GPT has no protective MBR: Linux and firmware see no partitions; 'sgdisk -e' writes one"),
    );
  }
  if (mbr === 'hybrid') {
    findings.push(
      note(
        'the MBR is a hybrid one: it names partitions beside the GPT, and systems may follow one or the other',
      ),
    );
  }
  return {
    table: {
      kind: 'gpt',
      sectorSizeBytes,
      mbr,
      diskGuid: used.diskGuid,
      primary: describeCopy(primary),
      backup: describeCopy(backup),
      isBackupAtEnd: backup?.sector === lastSector,
    },
    partitions: used.entries.map((entry) => gptPartition(entry, sectorSizeBytes)),
    findings,
  };
}

function gptPartition(entry: GptEntry, sectorSizeBytes: number): TablePartition {
  const { number, typeGuid, uuid, firstSector, lastSector, attributes, name } = entry;
  const sectorCount = lastSector < firstSector ? 0n : lastSector - firstSector + 1n;
  return {
    number,
    typeId: typeGuid,
    typeName: gptTypeName(typeGuid),
    startBytes: Number(firstSector * BigInt(sectorSizeBytes)),
    lengthBytes: Number(sectorCount * BigInt(sectorSizeBytes)),
    name,
    uuid,
    isActive: (attributes & activeBit) !== 0n,
    attributes: attributeTexts(attributes),
    isLogical: false,
  };
}

function attributeTexts(attributes: bigint): string[] {
  const bits = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (attributes >> BigInt(bit)) & 1n);
  return bits.map((bit) => attributeNames.get(bit) ?? `bit ${bit}`);
}

function mbrTable(whole: GuestRange, { diskId, entries }: Mbr): Omit<FoundTable, 'mbr'> {
  const findings: Finding[] = [];
  const logical: MbrEntry[] = [];
  for (const entry of entries.filter(({ type }) => isExtended(type))) {
    const found = readLogical(whole, entry, mbrSectorBytes);
    if (found.fault !== undefined) {
      findings.push(warning(`the chain of logical partitions in partition ${entry.number} ${found.fault}`));
    }
    // Counted on from 5, however many extended partitions there are.
    for (const one of found.entries) logical.push({ ...one, number: logical.length + 5 });
  }
  const active = entries.filter(({ isActive }) => isActive);
  if (active.length > 1) {
    const numbers = active.map(({ number }) => number).join(', ');
    findings.push(note(`partitions ${numbers} are all active, where a BIOS expects one`));
  }
  const owned = entries.filter(({ type }) => type !== mbrTypes.protective);
  if (owned.length < entries.length) {
    findings.push(warning('the MBR says that there is a GPT, but there is none: its table is lost'));
  }
  return {
    table: { kind: 'mbr', sectorSizeBytes: mbrSectorBytes, diskId },
    partitions: [...owned, ...logical].map(mbrPartition),
    findings,
  };
}

function mbrPartition({
  number,
  type,
  isActive,
  firstSector,
  sectorCount,
  isLogical,
}: MbrEntry): TablePartition {
  return {
    number,
    typeId: mbrTypeId(type),
    typeName: mbrTypeName(type),
    startBytes: firstSector * mbrSectorBytes,
    lengthBytes: sectorCount * mbrSectorBytes,
    name: undefined,
    uuid: undefined,
    isActive,
    attributes: [],
    isLogical,
  };
}

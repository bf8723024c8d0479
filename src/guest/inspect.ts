import { findBootModes } from './boot-modes.js';
import { efiProgramsIn, isEfiSystem } from './efi-programs.js';
import { identifyFileSystem } from './file-systems/identify.js';
import { guessArchitecture, guessOperatingSystem } from './guesses.js';
import { type GuestDisk, GuestRange, isZeros } from './guest-disk.js';
import { isContainer, partitionFaults } from './partition-faults.js';
import { type FoundTable, readPartitionTable } from './partition-table.js';
import {
  type EfiProgram,
  type FileSystem,
  type Finding,
  type GuestReport,
  note,
  type Partition,
  warning,
} from './report.js';

// What a report holds at most: a hostile disk has room for more than anybody would read.
const mostPartitions = 256;
const mostPrograms = 256;
const mostFindings = 100;

/** Disks have one. In those beyond no programs are looked for. */
const mostEfiPartitions = 4;

/** All tables and superblocks that are looked for stand in these, but for the backup of a GPT, which the tail has. */
const headBytes = 128 * 1024;
const tailBytes = 64 * 1024;

/**
 * Finds out what stands on a disk: the partition table and what is in the partitions, how a machine can start from it,
 * and what is wrong with it. Reads tables, superblocks and the folders of an EFI system partition, some hundred KiB
 * where a disk is as usual, and mounts nothing.
 *
 * Any content at all gives a report. Only what `disk.read` throws is thrown.
 *
 * @example
 * const report = inspectGuest({ sizeBytes: bytes.length, read: (start, target) => target.set(bytes.subarray(start, start + target.length)) });
 */
export function inspectGuest(disk: GuestDisk): GuestReport {
  const whole = new GuestRange(disk);
  const onWhole = identifyFileSystem(whole);
  const found = readPartitionTable(whole, onWhole?.type);
  const partitions = found.partitions.slice(0, mostPartitions).map((partition): Partition => {
    const fileSystem = isContainer(partition) ? undefined : identifyFileSystem(rangeOf(disk, partition));
    return { ...partition, fileSystem };
  });
  const efiPartitions = partitions.filter(isEfiSystem).slice(0, mostEfiPartitions);
  const efiPrograms = efiPartitions.flatMap(programsOf(disk)).slice(0, mostPrograms);
  const { mbr, table } = found;
  const boot = findBootModes({ disk, mbr, hasTable: table.kind !== 'none', partitions, efiPrograms });
  const signs = { mbr, partitions, fileSystem: onWhole, efiPrograms };
  const isEmpty = table.kind === 'none' && onWhole === undefined && isBlank(whole);
  const findings = [
    ...contentFindings(found, onWhole, isEmpty),
    ...found.findings,
    ...partitionFaults(found.partitions, disk.sizeBytes),
    ...cutOffFindings(partitions, onWhole),
    ...boot.findings,
  ];
  return {
    sizeBytes: disk.sizeBytes,
    isEmpty,
    table,
    partitions,
    fileSystem: onWhole,
    efiPrograms,
    bootModes: boot.modes,
    operatingSystem: guessOperatingSystem(signs),
    architecture: guessArchitecture(signs),
    findings: listed(findings),
  };
}

function rangeOf(disk: GuestDisk, { startBytes, lengthBytes }: FoundTable['partitions'][number]): GuestRange {
  return new GuestRange(disk, startBytes, lengthBytes);
}

function programsOf(disk: GuestDisk) {
  return (partition: Partition): EfiProgram[] =>
    efiProgramsIn(rangeOf(disk, partition)).map((path) => ({ partitionNumber: partition.number, path }));
}

function isBlank(whole: GuestRange): boolean {
  const { sizeBytes } = whole;
  const head = whole.read(0, Math.min(headBytes, sizeBytes));
  const lastBytes = Math.min(tailBytes, sizeBytes);
  const tail = whole.read(sizeBytes - lastBytes, lastBytes);
  return [head, tail].every((bytes) => bytes === undefined || isZeros(bytes));
}

function contentFindings(
  { table, partitions }: FoundTable,
  onWhole: FileSystem | undefined,
  isEmpty: boolean,
): Finding[] {
  if (isEmpty) {
    return [
      note('the disk is empty: there are only zeros where a partition table or a file system would begin'),
    ];
  }
  if (table.kind === 'none') {
    return onWhole === undefined
      ? [note('nothing known is on the disk: no partition table and no file system')]
      : [];
  }
  const more = partitions.length - mostPartitions;
  const findings =
    more > 0 ? [note(`there are ${more} partitions more than the ${mostPartitions} that are told of`)] : [];
  if (partitions.length === 0) findings.push(note('the partition table has no partitions'));
  // An ISO image that also boots from a stick is meant to be both.
  if (onWhole !== undefined && onWhole.type !== 'iso9660') {
    findings.push(
      note(
        `there is a partition table, and the superblock of ${onWhole.type} on the whole disk: one of them is a leftover`,
      ),
    );
  }
  return findings;
}

function cutOffFindings(partitions: readonly Partition[], onWhole: FileSystem | undefined): Finding[] {
  const place = (what: string, found: FileSystem | undefined) =>
    found?.isCutOff === true
      ? [
          warning(
            `the ${found.type} on ${what} has ${found.sizeBytes} bytes, more than ${what}: its end is missing, and what was there is lost`,
          ),
        ]
      : [];
  return [
    ...place('the disk', onWhole),
    ...partitions.flatMap(({ number, fileSystem }) => place(`partition ${number}`, fileSystem)),
  ];
}

/** The warnings first, and no more than anybody would read. */
function listed(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding) => (severity === 'warning' ? 0 : 1);
  const sorted = findings.toSorted((one, other) => rank(one) - rank(other));
  if (sorted.length <= mostFindings) return sorted;
  const shown = sorted.slice(0, mostFindings - 1);
  return [...shown, note(`and ${sorted.length - shown.length} findings more`)];
}

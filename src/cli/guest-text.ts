import type { FileSystem, GptCopy, GuestReport, Partition, PartitionTable } from '../guest/report.js';
import { quoted } from '../manifest/quoted.js';
import { bytesText } from './quantities.js';

type Row = [label: string, value: string];

/** A guest report as rows for people. */
export function guestRows(report: GuestReport): Row[] {
  const { table, partitions, fileSystem, isEmpty, findings } = report;
  return [
    ...(isEmpty || (table.kind === 'none' && fileSystem !== undefined) ? [] : [tableRow(table)]),
    ...partitions.map(partitionRow),
    ...(fileSystem === undefined ? [] : [['whole disk', fileSystemText(fileSystem)] as Row]),
    ...(isEmpty ? [] : guessRows(report)),
    ...findings.map(({ severity, message }): Row => [severity, message]),
  ];
}

/** The same in one line: table, file systems, system and how it starts. */
export function guestSummary({
  isEmpty,
  table,
  partitions,
  fileSystem,
  bootModes,
  operatingSystem,
}: GuestReport): string {
  if (isEmpty) return 'empty';
  const stored = [...partitions.map((partition) => partition.fileSystem), fileSystem].filter(
    (found) => found !== undefined,
  );
  const names = stored.map(({ type, label }) => (label === undefined ? type : `${type} ${quoted(label)}`));
  const starts = bootModes.map(({ mode }) => mode.toUpperCase()).join(' and ');
  return [
    table.kind === 'none' ? 'no partition table' : table.kind.toUpperCase(),
    names.length === 0 ? 'no known file system' : names.join(', '),
    ...(operatingSystem.name === 'unknown' ? [] : [`looks like ${operatingSystem.name}`]),
    starts === '' ? 'nothing that starts a machine' : `starts with ${starts}`,
  ].join('; ');
}

function guessRows({ bootModes, operatingSystem, architecture }: GuestReport): Row[] {
  const modes = bootModes.map(({ mode, reason }): Row => ['starts with', `${mode.toUpperCase()}: ${reason}`]);
  return [
    ...(modes.length === 0 ? [['starts with', 'nothing that was found'] as Row] : modes),
    ['system', `${operatingSystem.name}: ${operatingSystem.reason}`],
    ['architecture', `${architecture.name}: ${architecture.reason}`],
  ];
}

function tableRow(table: PartitionTable): Row {
  return ['partition table', tableText(table)];
}

function tableText(table: PartitionTable): string {
  if (table.kind === 'none') return 'none';
  if (table.kind === 'mbr') return `MBR, disk ${table.diskId}`;
  const { mbr, diskGuid, sectorSizeBytes, primary, backup, isBackupAtEnd } = table;
  const backupPlace = backup.isPresent && !isBackupAtEnd ? ', not at the end of the disk' : '';
  return [
    'GPT',
    mbr === 'missing' ? 'no protective MBR' : `${mbr} MBR`,
    `sectors of ${sectorSizeBytes} bytes`,
    `primary ${copyText(primary)}`,
    `backup ${copyText(backup)}${backupPlace}`,
    `disk ${diskGuid}`,
  ].join(', ');
}

function copyText({ isPresent, isHeaderSound, areEntriesSound }: GptCopy): string {
  if (!isPresent) return 'missing';
  return isHeaderSound && areEntriesSound ? 'sound' : 'damaged';
}

function partitionRow(partition: Partition): Row {
  const { number, typeId, typeName, startBytes, lengthBytes, name, isActive, attributes, fileSystem } =
    partition;
  const parts = [
    `${bytesText(lengthBytes)} at ${bytesText(startBytes)}`,
    typeName === 'unknown' ? `type ${typeId}` : typeName,
    ...(name === undefined ? [] : [quoted(name)]),
    ...(isActive && attributes.length === 0 ? ['active'] : []),
    ...attributes,
    ...(fileSystem === undefined ? [] : [fileSystemText(fileSystem)]),
  ];
  return [`partition ${number}`, parts.join(', ')];
}

function fileSystemText({ type, label, uuid, sizeBytes }: FileSystem): string {
  const parts = [
    type,
    ...(label === undefined ? [] : [quoted(label)]),
    ...(uuid === undefined ? [] : [uuid]),
    ...(sizeBytes === undefined ? [] : [`of ${bytesText(sizeBytes)}`]),
  ];
  return parts.join(' ');
}

import type { FileSystem, GptCopy, GuestReport, Partition, PartitionTable } from './report.js';

/** A guest report for programs; what is not there has no key. */
export function guestJson(report: GuestReport): Record<string, unknown> {
  const { table, partitions, fileSystem, efiPrograms, bootModes, operatingSystem, architecture } = report;
  return {
    size: report.sizeBytes,
    'is-empty': report.isEmpty,
    'partition-table': tableJson(table),
    partitions: partitions.map(partitionJson),
    ...(fileSystem === undefined ? {} : { 'file-system': fileSystemJson(fileSystem) }),
    'efi-programs': efiPrograms.map(({ partitionNumber, path }) => ({ partition: partitionNumber, path })),
    'boot-modes': bootModes,
    'operating-system': operatingSystem,
    architecture,
    findings: report.findings,
  };
}

function tableJson(table: PartitionTable): Record<string, unknown> {
  if (table.kind === 'none') return { kind: table.kind };
  if (table.kind === 'mbr') {
    return { kind: table.kind, 'sector-size': table.sectorSizeBytes, 'disk-id': table.diskId };
  }
  return {
    kind: table.kind,
    'sector-size': table.sectorSizeBytes,
    mbr: table.mbr,
    'disk-guid': table.diskGuid,
    primary: copyJson(table.primary),
    backup: copyJson(table.backup),
    'is-backup-at-end': table.isBackupAtEnd,
  };
}

function copyJson({ isPresent, isHeaderSound, areEntriesSound }: GptCopy): Record<string, unknown> {
  return {
    'is-present': isPresent,
    'is-header-sound': isHeaderSound,
    'are-entries-sound': areEntriesSound,
  };
}

function partitionJson(partition: Partition): Record<string, unknown> {
  const { fileSystem } = partition;
  return {
    number: partition.number,
    'type-id': partition.typeId,
    'type-name': partition.typeName,
    start: partition.startBytes,
    length: partition.lengthBytes,
    name: partition.name,
    uuid: partition.uuid,
    'is-active': partition.isActive,
    attributes: partition.attributes,
    'is-logical': partition.isLogical,
    ...(fileSystem === undefined ? {} : { 'file-system': fileSystemJson(fileSystem) }),
  };
}

function fileSystemJson({ type, label, uuid, sizeBytes, isCutOff }: FileSystem): Record<string, unknown> {
  return { type, label, uuid, size: sizeBytes, 'is-cut-off': isCutOff };
}

import type { TablePartition } from './partition-table.js';
import { isExtended } from './partition-types.js';
import { type Finding, warning } from './report.js';

/** Whether a partition of an MBR only holds others. */
export function isContainer({ typeId }: Pick<TablePartition, 'typeId'>): boolean {
  return typeId.startsWith('0x') && isExtended(Number(typeId));
}

/** Partitions without room, past the end of the disk, or in the room of another one. */
export function partitionFaults(partitions: readonly TablePartition[], diskSizeBytes: number): Finding[] {
  return [
    ...partitions.flatMap((partition) => placeFault(partition, diskSizeBytes)),
    ...overlaps(partitions.filter((partition) => !isContainer(partition))),
  ];
}

function placeFault({ number, startBytes, lengthBytes }: TablePartition, diskSizeBytes: number): Finding[] {
  if (lengthBytes === 0) return [warning(`partition ${number} ends before it begins`)];
  const endBytes = startBytes + lengthBytes;
  if (endBytes <= diskSizeBytes) return [];
  const where = startBytes >= diskSizeBytes ? 'lies' : 'reaches';
  return [
    warning(
      `partition ${number} ${where} past the end of the disk: it ends at byte ${endBytes}, the disk at ${diskSizeBytes}; the image is cut off or was made smaller`,
    ),
  ];
}

/** In the order of their places each is compared with the one before that goes on the longest. */
function overlaps(partitions: readonly TablePartition[]): Finding[] {
  const findings: Finding[] = [];
  let furthest: TablePartition | undefined;
  const placed = partitions.filter(({ lengthBytes }) => lengthBytes > 0);
  for (const partition of placed.toSorted((one, other) => one.startBytes - other.startBytes)) {
    if (furthest !== undefined && partition.startBytes < endOf(furthest)) {
      findings.push(
        warning(
          `partitions ${furthest.number} and ${partition.number} overlap: writing to one damages the other`,
        ),
      );
    }
    if (furthest === undefined || endOf(partition) > endOf(furthest)) furthest = partition;
  }
  return findings;
}

function endOf({ startBytes, lengthBytes }: TablePartition): number {
  return startBytes + lengthBytes;
}

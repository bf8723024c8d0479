import { printable } from '../printable.js';
import type { PreparedBatch } from '../snapshot/prepare.js';
import type { ReportDisk, ReportImage } from '../snapshot/report.js';
import { columns } from './columns.js';
import { guestSummary } from './guest-text.js';
import { bytesText } from './quantities.js';

/** What was prepared, for people. */
export function reportText(directory: string, { report, guests, keptDisks }: PreparedBatch): string {
  const disks = report.images.flatMap((image) => image.disks);
  const totalBytes = disks.reduce((sum, disk) => sum + disk['file-size'], 0);
  const kept = keptDisks === 0 ? '' : `, ${keptDisks} of them finished before`;
  const count = `${disks.length} ${disks.length === 1 ? 'disk' : 'disks'}`;
  return [
    ...report.images.flatMap((image) => [...imageLines(image, guests), '']),
    `${directory}: ${count} in ${bytesText(totalBytes)}${kept}; digests and sizes are in report.json`,
  ]
    .map(printable)
    .join('\n');
}

function imageLines(
  { name, architecture, 'product-types': types, disks }: ReportImage,
  guests: PreparedBatch['guests'],
): string[] {
  const rows = columns(disks.map(diskRow), 2);
  return [
    `${name}  (${architecture}, product ${types.join(', ')})`,
    ...disks.flatMap(({ file }, index) => {
      const guest = guests.get(file);
      return [rows[index] ?? '', ...(guest === undefined ? [] : [`      ${guestSummary(guest)}`])];
    }),
  ];
}

function diskRow(disk: ReportDisk): string[] {
  return [
    `  ${disk.device}`,
    disk.file,
    `disk of ${bytesText(disk['virtual-size'])}`,
    `file of ${bytesText(disk['file-size'])}`,
    disk.ratio === null ? '' : `ratio ${disk.ratio.toFixed(2)}`,
    disk.verified ? 'read back' : 'not read back',
    `sha256 ${disk.sha256.slice(0, 12)}...`,
  ];
}

import { withoutSignature } from '../manifest/quoted.js';
import type { DocumentationEdition } from '../manifest/review/edition.js';
import type { ManifestReview, ReviewedDisk } from '../manifest/review/review.js';
import { printable } from '../printable.js';
import { columns } from './columns.js';
import { shortDaysText } from './durations.js';
import { countText } from './fault-text.js';
import { alignRows } from './output.js';
import { bytesText } from './quantities.js';

const editions: Readonly<Record<DocumentationEdition, string>> = {
  'A/B': 'A or B, "Creating a manifest file"',
  C: 'C, "Manifest file reference"',
  all: 'all keys of all editions',
  none: 'not known',
};

/** A manifest for people, line by line, without a signature in it. */
export function manifestText(name: string, review: ManifestReview, now: Date): readonly string[] {
  const { image, disks, edition, faults } = review;
  const rows: [string, string][] = [
    ['name', shown(image.name)],
    ['description', shown(image.description)],
    ['architecture', shown(image.architecture)],
    ['product types', image.productTypes.join(', ') || '-'],
    ['user', shown(image.user)],
    ['documentation', editions[edition]],
  ];
  const header = ['device', 'type', 'iops', 'virtual size', 'object size', 'URL works', 'key'];
  const table = columns([header, ...disks.map((disk) => diskRow(disk, now))], 2);
  const advice = faults.length === 0 ? '' : `; 'omiforge manifest validate' tells them`;
  return [
    name,
    ...alignRows(rows),
    '',
    ...(disks.length === 0 ? ['no disks'] : table),
    '',
    `${countText(faults)}${advice}`,
  ].map(printable);
}

function diskRow(disk: ReviewedDisk, now: Date): readonly string[] {
  return [
    shown(disk.device),
    shown(disk.volumeType),
    disk.iops === undefined ? '-' : `${disk.iops}`,
    disk.virtualSizeBytes === undefined ? '-' : bytesText(disk.virtualSizeBytes),
    disk.objectSizeBytes === undefined ? '-' : bytesText(disk.objectSizeBytes),
    lifeText(disk, now),
    shown(keyOf(disk)),
  ];
}

function lifeText({ urlExpiresAt, url }: ReviewedDisk, now: Date): string {
  if (urlExpiresAt === undefined) return url === undefined ? 'no URL' : 'not said';
  const leftMs = urlExpiresAt.getTime() - now.getTime();
  const moment = `${urlExpiresAt.toISOString().slice(0, 16)}Z`;
  return leftMs > 0
    ? `until ${moment}, for ${shortDaysText(leftMs)}`
    : `expired ${moment}, ${shortDaysText(-leftMs)} ago`;
}

/** A manifest for programs, without a signature in it. */
export function manifestJson(review: ManifestReview): Record<string, unknown> {
  const { image, disks, edition, faults, urlsExpireAt } = review;
  const errors = faults.filter(({ severity }) => severity === 'error').length;
  return {
    image: {
      version: image.version ?? null,
      name: textOrNull(image.name),
      description: textOrNull(image.description),
      architecture: textOrNull(image.architecture),
      'product-types': image.productTypes,
      user: textOrNull(image.user),
    },
    disks: disks.map(diskJson),
    edition,
    errors,
    warnings: faults.length - errors,
    'urls-expire-at': urlsExpireAt?.toISOString() ?? null,
  };
}

function diskJson(disk: ReviewedDisk): Record<string, unknown> {
  return {
    ordering: disk.ordering ?? null,
    device: textOrNull(disk.device),
    'volume-type': textOrNull(disk.volumeType),
    iops: disk.iops ?? null,
    'delete-on-termination': disk.deleteOnTermination ?? null,
    'virtual-size': disk.virtualSizeBytes ?? null,
    'object-size': disk.objectSizeBytes ?? null,
    bucket: textOrNull(disk.object?.bucket),
    key: textOrNull(keyOf(disk)),
    region: textOrNull(disk.object?.region),
    'url-expires-at': disk.urlExpiresAt?.toISOString() ?? null,
  };
}

function keyOf({ object, filename }: ReviewedDisk): string | undefined {
  return object?.key ?? filename;
}

function shown(text: string | undefined): string {
  return text === undefined || text === '' ? '-' : withoutSignature(text);
}

function textOrNull(text: string | undefined): string | null {
  return text === undefined ? null : withoutSignature(text);
}

import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { engineNames } from '../convert/options.js';
import { ForgeError, toForgeError } from '../errors.js';
import { readRegularFile } from '../files/regular-file.js';
import { TargetFile } from '../files/target-file.js';
import { guestJson } from '../guest/report-json.js';
import { formatNames } from '../image/format.js';
import { architectures, productTypes, volumeTypes } from '../manifest/rules.js';
import type { DiskResult } from './disk-result.js';
import { Journal } from './journal.js';
import type { Batch, BatchDisk, BatchImage } from './plan/batch.js';
import type { PreparedDisk } from './prepare-disk.js';

/** In the prepared directory, beside the folders of the images. */
export const reportName = 'report.json';

const count = z.number().int().min(0);
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
// Names of this form lead nowhere else.
const fileName = z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*\/disk\d+\.(?:raw|qcow2)(?:\.gz)?$/);

const diskSchema = z.object({
  file: fileName,
  device: z.string(),
  'volume-type': z.enum(volumeTypes),
  iops: count.nullable(),
  'delete-on-termination': z.boolean(),
  format: z.enum(formatNames),
  'virtual-size': count,
  'data-bytes': count,
  'file-size': count,
  ratio: z.number().nullable(),
  sha256: hex(64),
  md5: hex(32),
  'guest-digest': hex(64),
  engine: z.enum(engineNames).nullable(),
  'engine-level': count.nullable(),
  level: count.nullable(),
  verified: z.boolean(),
  'elapsed-ms': count,
  guest: z.record(z.string(), z.unknown()),
  source: z.object({
    path: z.string(),
    format: z.enum(formatNames),
    size: count,
    modified: z.string(),
    snapshot: z.string().nullable(),
  }),
});

const imageSchema = z.object({
  name: z.string(),
  folder: z.string(),
  description: z.string(),
  architecture: z.enum(architectures),
  'product-types': z.array(z.enum(productTypes)),
  user: z.string().nullable(),
  disks: z.array(diskSchema).min(1),
});

const reportSchema = z.object({ version: z.literal(1), images: z.array(imageSchema).min(1) });

/** What a prepared directory holds, and the proof of it. */
export type Report = z.infer<typeof reportSchema>;
export type ReportImage = Report['images'][number];
export type ReportDisk = ReportImage['disks'][number];

/** The report of a batch of which every disk is prepared. Pure. */
export function reportOf({ images }: Batch, prepared: ReadonlyMap<BatchDisk, PreparedDisk>): Report {
  return { version: 1, images: images.map((image) => imageOf(image, prepared)) };
}

function imageOf(image: BatchImage, prepared: ReadonlyMap<BatchDisk, PreparedDisk>): ReportImage {
  return {
    name: image.name,
    folder: image.folder,
    description: image.description,
    architecture: image.architecture,
    'product-types': [...image.productTypes],
    user: image.user ?? null,
    disks: image.disks.flatMap((disk) => {
      const outcome = prepared.get(disk);
      return outcome === undefined ? [] : [diskOf(disk, outcome)];
    }),
  };
}

function diskOf(disk: BatchDisk, { source, result }: PreparedDisk): ReportDisk {
  return {
    file: disk.file,
    device: disk.device,
    'volume-type': disk.volumeType,
    iops: disk.iops ?? null,
    'delete-on-termination': disk.deleteOnTermination,
    format: disk.format,
    'virtual-size': result.virtualSizeBytes,
    'data-bytes': result.readBytes,
    'file-size': result.fileBytes,
    ratio: ratioOf(result),
    sha256: result.sha256,
    md5: result.md5,
    'guest-digest': result.guestDigest,
    engine: result.engine ?? null,
    'engine-level': result.engineLevel ?? null,
    level: result.engine === undefined ? null : disk.level,
    verified: result.isVerified,
    'elapsed-ms': result.elapsedMs,
    // As it is after a trip through JSON.
    guest: JSON.parse(JSON.stringify(guestJson(result.guest))) as Record<string, unknown>,
    source: {
      path: source.path,
      format: result.sourceFormat,
      size: source.sizeBytes,
      modified: dateText(source.modifiedNs),
      snapshot: disk.snapshot ?? null,
    },
  };
}

// Further away there are no dates.
const furthestMs = 8.64e15;

function dateText(nanoseconds: string): string {
  const milliseconds = Number(BigInt(nanoseconds) / 1_000_000n);
  return new Date(Math.min(furthestMs, Math.max(-furthestMs, milliseconds))).toISOString();
}

/** Of what was not compressed it would tell how much of the disk is zeros. */
function ratioOf({ engine, fileBytes, readBytes }: DiskResult): number | null {
  return engine === undefined || readBytes === 0 ? null : Number((fileBytes / readBytes).toFixed(3));
}

/** Whether a file is the report that the journal knows. */
export async function isReportOf(path: string, { reportSha256 }: Journal): Promise<boolean> {
  return reportSha256 !== undefined && digestOf(await readRegularFile(path)) === reportSha256;
}

/**
 * Writes the report, of which the journal knows the digest. The former one goes first: killed at any moment, what is there is
 * what the journal knows.
 *
 * @throws ForgeError IO_*
 */
export async function saveReport(report: Report, directory: string, journal: Journal): Promise<void> {
  const text = `${JSON.stringify(report, undefined, 2)}\n`;
  await removeReport(directory, journal);
  await journal.noteReport(digestOf(text));
  await using file = await TargetFile.create(join(directory, reportName), { replace: true, durable: true });
  try {
    await file.handle.writeFile(text);
    await file.commit();
  } catch (thrown) {
    throw file.translate(thrown);
  }
}

/** Takes the report away: what it says of the directory as a whole does not hold any more. @throws ForgeError IO_* */
export async function removeReport(directory: string, journal: Journal): Promise<void> {
  const path = join(directory, reportName);
  try {
    await rm(path, { force: true });
  } catch (thrown) {
    throw toForgeError(thrown, path);
  }
  await journal.noteReport(undefined);
}

/** @throws ForgeError PREPARED_DAMAGED where it is not what the last run has written, or IO_* */
export async function readReport(directory: string): Promise<Report> {
  const path = join(directory, reportName);
  const text = await reportText(directory, path);
  const journal = await Journal.open(directory);
  // A directory may have been copied without hidden files.
  if (!journal.isEmpty && journal.reportSha256 !== digestOf(text)) {
    const message = 'is not what the last run has written; remove it and prepare the plan again';
    throw new ForgeError('PREPARED_DAMAGED', message, { path });
  }
  const outcome = reportSchema.safeParse(parse(text));
  if (outcome.success) return outcome.data;
  const [issue] = outcome.error.issues;
  const place =
    issue === undefined || issue.path.length === 0 ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
  throw new ForgeError('PREPARED_DAMAGED', `is no report of this version${place}; prepare the plan again`, {
    path,
  });
}

async function reportText(directory: string, path: string): Promise<string> {
  try {
    if ((await stat(directory)).isDirectory()) return await readRegularFile(path);
  } catch (thrown) {
    const error = toForgeError(thrown, directory);
    if (error.code !== 'IO_NOT_FOUND' || error.path !== path) throw error;
    const message = `holds no ${reportName}: the last run of 'omiforge prepare' has not come to its end here`;
    throw new ForgeError('IO_NOT_FOUND', message, { path: directory });
  }
  throw new ForgeError('IO_NOT_A_FILE', "is no directory; name one that 'omiforge prepare' has made", {
    path: directory,
  });
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

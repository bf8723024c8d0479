import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { convert } from '../convert/convert.js';
import type { CompleteFile, ConvertResult } from '../convert/options.js';
import { ForgeError } from '../errors.js';
import { splitFormat } from '../image/format.js';
import { readGuestReport } from '../inspection/read-guest-report.js';
import { bytesPerGib, maximumVolumeGib } from '../manifest/rules.js';
import type { ConvertedFacts, DiskOptions, DiskResult, SourceIdentity } from './disk-result.js';
import { fileDigests } from './file-digests.js';
import type { Journal, JournalEntry } from './journal.js';
import type { BatchDisk } from './plan/batch.js';
import type { PrepareOptions } from './prepare-options.js';
import { assertReadsBack } from './read-back.js';
import { identityOf } from './source-identity.js';

/** Where a disk is prepared, and what former runs have done there. */
export interface PrepareContext {
  readonly directory: string;
  readonly journal: Journal;
  readonly options: PrepareOptions;
}

export interface PreparedDisk {
  readonly source: SourceIdentity;
  readonly result: DiskResult;
  /** Whether a former run had finished it. */
  readonly isKept: boolean;
}

/**
 * Brings one disk to its end, from wherever a former run has left it: it is converted, its file is digested, read back
 * where that is wanted, and each step is noted.
 *
 * @throws ForgeError, or the signal's reason
 */
export async function prepareDisk(disk: BatchDisk, context: PrepareContext): Promise<PreparedDisk> {
  const { directory, journal, options } = context;
  const source = await identityOf(disk.sourcePath);
  const wanted = diskOptions(disk);
  const entry = journal.matching(disk.file, source, wanted);
  const path = join(directory, disk.file);
  const found = await foundFile(path);
  const { converted: noted, result: former } = entry ?? {};
  if (
    former !== undefined &&
    found?.lengthBytes === former.fileBytes &&
    (await isStillRight(path, former, context))
  ) {
    return {
      source,
      ...(await keep(disk, { source, options: wanted, converted: noted, result: former }, context)),
    };
  }
  // Killed after the conversion: of a file of this inode the journal says all that is to be known.
  const isWhole = former === undefined && noted !== undefined && isSame(found, noted);
  const converted = isWhole ? noted : undefined;
  const facts = converted ?? (await convertNoted(disk, source, context));
  const progress = { phase: 'hashing', doneBytes: 0, totalBytes: facts.fileBytes } as const;
  options.onProgress?.(disk, progress);
  const digests = await fileDigests(path, options.signal);
  const guest = await readGuestReport(path, { format: disk.format, signal: options.signal });
  const isVerified = options.verify === true && (await readBack(disk, facts, context));
  const result = { ...facts, ...digests, isVerified, guest };
  await journal.note(disk.file, { source, options: wanted, converted: facts, result });
  return { source, result, isKept: false };
}

/** A disk that a former run has finished; it is read back where that is wanted and was not done. */
async function keep(
  disk: BatchDisk,
  entry: JournalEntry & { readonly result: DiskResult },
  context: PrepareContext,
): Promise<{ result: DiskResult; isKept: boolean }> {
  if (context.options.verify !== true || entry.result.isVerified)
    return { result: entry.result, isKept: true };
  const result = { ...entry.result, isVerified: await readBack(disk, entry.result, context) };
  await context.journal.note(disk.file, { ...entry, result });
  return { result, isKept: true };
}

/** Converts a disk; that it has begun, and that it is done, is noted. */
async function convertNoted(
  disk: BatchDisk,
  source: SourceIdentity,
  { directory, journal, options }: PrepareContext,
): Promise<ConvertedFacts> {
  const path = join(directory, disk.file);
  // A file that a former run may have made has its name in the journal.
  const isOurs = journal.entry(disk.file) !== undefined;
  if (!isOurs && options.force !== true && (await foundFile(path)) !== undefined) {
    throw new ForgeError(
      'TARGET_EXISTS',
      'exists already, and no run in this directory has made it; move it away, or replace it with --force',
      { path },
    );
  }
  const entry = { source, options: diskOptions(disk) };
  await journal.note(disk.file, entry);
  const isCompressed = splitFormat(disk.format).container === 'gz';
  let facts: ConvertedFacts | undefined;
  await convert(disk.sourcePath, path, {
    sourceFormat: disk.sourceFormat,
    snapshot: disk.snapshot,
    targetFormat: disk.format,
    level: isCompressed ? disk.level : undefined,
    virtualSizeMultipleBytes: disk.padBytes,
    digest: true,
    threads: options.threads,
    // What the journal calls done has to outlive a loss of power.
    sync: true,
    force: true,
    signal: options.signal,
    onProgress: (progress) => options.onProgress?.(disk, progress),
    onWarning: options.onWarning,
    // Before it has its name: whenever the run is killed, a file of this inode is known to be whole.
    onComplete: async (result, file) => {
      assertSize(result.virtualSizeBytes, disk);
      facts = factsOf(result, file);
      await journal.note(disk.file, { ...entry, converted: facts });
    },
  });
  if (facts === undefined)
    throw new ForgeError('INTERNAL', 'a conversion has ended without its result', { path });
  return facts;
}

function factsOf(result: ConvertResult, { lengthBytes, inode }: CompleteFile): ConvertedFacts {
  return {
    sourceFormat: result.sourceFormat,
    virtualSizeBytes: result.virtualSizeBytes,
    readBytes: result.readBytes,
    fileBytes: lengthBytes,
    inode,
    guestDigest: result.guestDigest ?? '',
    engine: result.compression?.engine,
    engineLevel: result.compression?.level,
    elapsedMs: Math.round(result.elapsedMs),
  };
}

/** The size of a disk within gzip is known only when it was inflated. */
function assertSize(sizeBytes: number, { source }: BatchDisk): void {
  if (sizeBytes >= 1 && sizeBytes <= maximumVolumeGib * bytesPerGib) return;
  const message = `holds a disk of ${sizeBytes} bytes; volumes have 1 byte to ${maximumVolumeGib} GiB`;
  throw new ForgeError('PLAN_INVALID', message, { path: source });
}

async function isStillRight(path: string, result: DiskResult, { options }: PrepareContext): Promise<boolean> {
  if (options.paranoid !== true) return true;
  return (await fileDigests(path, options.signal)).sha256 === result.sha256;
}

async function readBack(
  disk: BatchDisk,
  facts: ConvertedFacts,
  { directory, options }: PrepareContext,
): Promise<boolean> {
  await assertReadsBack(join(directory, disk.file), disk.format, facts, {
    threads: options.threads,
    signal: options.signal,
    onProgress: (progress) => options.onProgress?.(disk, { ...progress, phase: 'verifying' }),
  });
  return true;
}

function diskOptions({ sourceFormat, snapshot, format, level, padBytes }: BatchDisk): DiskOptions {
  const isCompressed = splitFormat(format).container === 'gz';
  return { sourceFormat, snapshot, format, level: isCompressed ? level : 0, padBytes };
}

function isSame(found: CompleteFile | undefined, { fileBytes, inode }: ConvertedFacts): boolean {
  return found?.lengthBytes === fileBytes && found.inode === inode;
}

async function foundFile(path: string): Promise<CompleteFile | undefined> {
  return await stat(path, { bigint: true }).then(
    ({ size, ino }) => ({ lengthBytes: Number(size), inode: `${ino}` }),
    () => undefined,
  );
}

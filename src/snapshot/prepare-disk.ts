import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { convert } from '../convert/convert.js';
import type { CompleteFile, ConvertResult } from '../convert/options.js';
import { ForgeError, toForgeError } from '../errors.js';
import { splitFormat } from '../image/format.js';
import { readGuestReport } from '../inspection/read-guest-report.js';
import { bytesPerGib, maximumVolumeGib } from '../manifest/rules.js';
import type { ConvertedFacts, DiskOptions, DiskResult, FileDigests, SourceIdentity } from './disk-result.js';
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
  /** To be called before anything is made anew: what was said of the directory as a whole does not hold any more. */
  readonly retractReport: () => Promise<void>;
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
  const source = await identityOf(disk.sourcePath);
  const entry = context.journal.matching(disk.file, source, diskOptions(disk));
  const before = entry === undefined ? undefined : await finishedBefore(disk, entry, context);
  if (before !== undefined) return { source, ...before };
  const made = await convertNoted(disk, source, context);
  const isVerified = context.options.verify === true && (await readBack(disk, made.converted, context));
  return { source, result: await prove(disk, made, isVerified, context), isKept: false };
}

/** What a former run has left, where it is right still; undefined where the disk has to be made, or made again. */
async function finishedBefore(
  disk: BatchDisk,
  entry: JournalEntry,
  context: PrepareContext,
): Promise<Omit<PreparedDisk, 'source'> | undefined> {
  const { converted, result } = entry;
  const path = join(context.directory, disk.file);
  const found = await foundFile(path);
  try {
    if (result !== undefined) {
      const isThere =
        found?.lengthBytes === result.fileBytes && (await isStillRight(path, disk, result, context));
      return isThere ? { result: await keep(disk, entry, result, context), isKept: true } : undefined;
    }
    if (converted === undefined || !isSame(found, converted)) return undefined;
    // Killed before it was proven: what has become of the file since is not known.
    const isVerified = await readBack(disk, converted, context);
    return { result: await prove(disk, { ...entry, converted }, isVerified, context), isKept: false };
  } catch (thrown) {
    const error = toForgeError(thrown, path);
    if (context.options.signal?.aborted === true || !isDamage(error)) throw thrown;
    context.options.onWarning?.(`${disk.file} is damaged and is made anew: ${error.message}`);
    return undefined;
  }
}

function isDamage({ code }: ForgeError): boolean {
  return code === 'VERIFY_MISMATCH' || /^(?:FORMAT|GZIP|QCOW2)_/.test(code);
}

/** A disk that a former run has finished; it is read back where that is wanted and was not done. */
async function keep(
  disk: BatchDisk,
  entry: JournalEntry,
  former: DiskResult,
  context: PrepareContext,
): Promise<DiskResult> {
  if (context.options.verify !== true || former.isVerified) return former;
  const result = { ...former, isVerified: await readBack(disk, former, context) };
  await context.journal.note(disk.file, { ...entry, result });
  return result;
}

type ConvertedEntry = JournalEntry & { readonly converted: ConvertedFacts };

/** Digests of a file that is whole, and what stands on the disk in it. */
async function prove(
  disk: BatchDisk,
  entry: ConvertedEntry,
  isVerified: boolean,
  { directory, journal, options }: PrepareContext,
): Promise<DiskResult> {
  const { converted } = entry;
  const path = join(directory, disk.file);
  const digests = await digestsOf(path, disk, options);
  const guest = await readGuestReport(path, { format: disk.format, signal: options.signal });
  const result = { ...converted, ...digests, isVerified, guest };
  await journal.note(disk.file, { ...entry, result });
  return result;
}

/** Converts a disk; that its file is whole is noted before the file has its name. */
async function convertNoted(
  disk: BatchDisk,
  source: SourceIdentity,
  { directory, journal, options, retractReport }: PrepareContext,
): Promise<ConvertedEntry> {
  const path = join(directory, disk.file);
  const found = await foundFile(path);
  if (found !== undefined && options.force !== true && !isOurs(found, journal.entry(disk.file))) {
    throw new ForgeError(
      'TARGET_EXISTS',
      'exists already, and no run in this directory has made it; move it away, or replace it with --force',
      { path },
    );
  }
  await retractReport();
  const entry = { source, options: diskOptions(disk), replacedInode: found?.inode };
  const isCompressed = splitFormat(disk.format).container === 'gz';
  let converted: ConvertedFacts | undefined;
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
      converted = factsOf(result, file);
      await journal.note(disk.file, { ...entry, converted });
    },
  });
  if (converted === undefined)
    throw new ForgeError('INTERNAL', 'a conversion has ended without its result', { path });
  return { ...entry, converted };
}

/** Whether a former run has made the file that stands in the place of a disk, whatever has become of it since. */
function isOurs({ inode, lengthBytes }: CompleteFile, entry: JournalEntry | undefined): boolean {
  if (entry === undefined) return false;
  // Of a directory that was copied the inodes are others.
  const isCopy = lengthBytes === entry.result?.fileBytes;
  return isCopy || [entry.converted?.inode, entry.replacedInode].includes(inode);
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

async function digestsOf(path: string, disk: BatchDisk, options: PrepareOptions): Promise<FileDigests> {
  const { signal } = options;
  return await fileDigests(path, { signal, onProgress: (progress) => options.onProgress?.(disk, progress) });
}

async function isStillRight(
  path: string,
  disk: BatchDisk,
  result: DiskResult,
  { options }: PrepareContext,
): Promise<boolean> {
  if (options.paranoid !== true) return true;
  return (await digestsOf(path, disk, options)).sha256 === result.sha256;
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

import { join } from 'node:path';
import { convert } from '../convert/convert.js';
import type { CompleteFile, ConvertResult } from '../convert/options.js';
import { ForgeError, toForgeError } from '../errors.js';
import { splitFormat } from '../image/format.js';
import { readGuestReport } from '../inspection/read-guest-report.js';
import { bytesPerGib, maximumVolumeGib } from '../manifest/rules.js';
import type { ConvertedFacts, DiskResult, FileDigests, SourceIdentity } from './disk-result.js';
import { fileDigests } from './file-digests.js';
import { canBe, diskOptions, foundFile, isOurs } from './former-file.js';
import type { Journal, JournalEntry, MadeDisk } from './journal.js';
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
  const before = await finishedBefore(disk, source, context);
  if (typeof before === 'object') return { source, ...before };
  const made = await convertNoted(disk, source, before === 'damaged', context);
  const isVerified = context.options.verify === true && (await readBack(disk, made.converted, context));
  return { source, result: await prove(disk, made, isVerified, context), isKept: false };
}

/**
 * What a former run has left, where it is right still: the disk as it was proven last, the one that a remake was to replace,
 * or one that was converted and not proven. 'damaged' where a proven one is not what it was.
 */
async function finishedBefore(
  disk: BatchDisk,
  source: SourceIdentity,
  context: PrepareContext,
): Promise<Omit<PreparedDisk, 'source'> | 'damaged' | 'none'> {
  const { journal, directory, options } = context;
  const made = journal.matching(disk.file, source, diskOptions(disk));
  const path = join(directory, disk.file);
  if (made === undefined || !canBe(await foundFile(path), made)) return 'none';
  const isFormer = made !== journal.entry(disk.file);
  const { converted, result } = made;
  try {
    if (result !== undefined) {
      // Of what a remake may have replaced the length alone tells nothing.
      const isLookedAt = isFormer || options.paranoid === true;
      if (isLookedAt && !(await hasBytes(path, disk, result, options))) return isFormer ? 'none' : 'damaged';
      return { result: await keep(disk, made, result, context), isKept: true };
    }
    if (converted === undefined) return 'none';
    // Killed before it was proven: what has become of the file since is not known.
    const isVerified = await readBack(disk, converted, context);
    return { result: await prove(disk, { ...made, converted }, isVerified, context), isKept: false };
  } catch (thrown) {
    const error = toForgeError(thrown, path);
    if (options.signal?.aborted === true || !isDamage(error)) throw thrown;
    options.onWarning?.(`${disk.file} is damaged and is made anew: ${error.message}`);
    return result === undefined || isFormer ? 'none' : 'damaged';
  }
}

/** A bad place of the disk under a file is damage of the file. */
function isDamage({ code, message }: ForgeError): boolean {
  if (code === 'IO_FAILED') return /\bEIO\b|input\/output error/i.test(message);
  return code === 'VERIFY_MISMATCH' || /^(?:FORMAT|GZIP|QCOW2)_/.test(code);
}

/** A disk that a former run has finished; it is read back where that is wanted and was not done. */
async function keep(
  disk: BatchDisk,
  made: MadeDisk,
  former: DiskResult,
  context: PrepareContext,
): Promise<DiskResult> {
  const isMissing = context.options.verify === true && !former.isVerified;
  const result = isMissing ? { ...former, isVerified: await readBack(disk, former, context) } : former;
  if (result !== former || context.journal.entry(disk.file) !== made) {
    await context.journal.note(disk.file, { ...made, result });
  }
  return result;
}

type ConvertedDisk = MadeDisk & { readonly converted: ConvertedFacts };

/** Digests of a file that is whole, and what stands on the disk in it. */
async function prove(
  disk: BatchDisk,
  { source, options: made, converted }: ConvertedDisk,
  isVerified: boolean,
  { directory, journal, options }: PrepareContext,
): Promise<DiskResult> {
  const path = join(directory, disk.file);
  const digests = await digestsOf(path, disk, options);
  const guest = await readGuestReport(path, { format: disk.format, signal: options.signal });
  const result = { ...converted, ...digests, isVerified, guest };
  await journal.note(disk.file, { source, options: made, converted, result });
  return result;
}

/** Whether the file holds what a run has made, by its bytes. */
async function isStillMade(
  disk: BatchDisk,
  { converted, result }: MadeDisk,
  context: PrepareContext,
): Promise<boolean> {
  const { directory, options } = context;
  if (result !== undefined) return await hasBytes(join(directory, disk.file), disk, result, options);
  try {
    return converted !== undefined && (await readBack(disk, converted, context));
  } catch (thrown) {
    if (options.signal?.aborted === true || !isDamage(toForgeError(thrown))) throw thrown;
    return false;
  }
}

/**
 * Converts a disk; that its file is whole is noted before the file has its name.
 *
 * @param isReplaced whether what stands there is known to be a prepared disk that is damaged
 */
async function convertNoted(
  disk: BatchDisk,
  source: SourceIdentity,
  isReplaced: boolean,
  context: PrepareContext,
): Promise<ConvertedDisk> {
  const { directory, journal, options, retractReport } = context;
  const path = join(directory, disk.file);
  const found = await foundFile(path);
  const before = journal.entry(disk.file);
  const mayReplace = isReplaced || options.force === true || found === undefined;
  if (!mayReplace && !(await isOurs(found, before, (made) => isStillMade(disk, made, context)))) {
    throw new ForgeError(
      'TARGET_EXISTS',
      'exists already, and no run in this directory has made it; move it away, or replace it with --force',
      { path },
    );
  }
  await retractReport();
  const made = { source, options: diskOptions(disk) };
  const former = before?.result === undefined ? before?.former : withoutFormer(before);
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
    // A file that appears meanwhile is somebody else's.
    force: found !== undefined || options.force === true,
    signal: options.signal,
    onProgress: (progress) => options.onProgress?.(disk, progress),
    onWarning: options.onWarning,
    // Before it has its name: whenever the run is killed, this very file is known to be whole.
    onComplete: async (result, file) => {
      assertSize(result.virtualSizeBytes, disk);
      converted = factsOf(result, file);
      await journal.note(disk.file, { ...made, converted, replacedFileId: found?.fileId, former });
    },
  });
  if (converted === undefined)
    throw new ForgeError('INTERNAL', 'a conversion has ended without its result', { path });
  return { ...made, converted };
}

function withoutFormer({ source, options, converted, result }: JournalEntry): MadeDisk {
  return { source, options, converted, result };
}

function factsOf(result: ConvertResult, { lengthBytes, fileId }: CompleteFile): ConvertedFacts {
  return {
    sourceFormat: result.sourceFormat,
    virtualSizeBytes: result.virtualSizeBytes,
    readBytes: result.readBytes,
    fileBytes: lengthBytes,
    fileId,
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

async function hasBytes(
  path: string,
  disk: BatchDisk,
  { sha256 }: DiskResult,
  options: PrepareOptions,
): Promise<boolean> {
  return (await digestsOf(path, disk, options)).sha256 === sha256;
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

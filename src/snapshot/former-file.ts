import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompleteFile } from '../convert/options.js';
import { splitFormat } from '../image/format.js';
import type { ConvertedFacts, DiskOptions } from './disk-result.js';
import { fileDigests } from './file-digests.js';
import type { Journal, JournalEntry, MadeDisk } from './journal.js';
import type { BatchDisk } from './plan/batch.js';
import { identityOf } from './source-identity.js';

/** What of a disk of a plan decides the bytes of its file. */
export function diskOptions({ sourceFormat, snapshot, format, level, padBytes }: BatchDisk): DiskOptions {
  const isCompressed = splitFormat(format).container === 'gz';
  return { sourceFormat, snapshot, format, level: isCompressed ? level : 0, padBytes };
}

/** What stands in the place of a disk; undefined where nothing does. */
export async function foundFile(path: string): Promise<CompleteFile | undefined> {
  return await stat(path, { bigint: true }).then(
    ({ size, ino, birthtimeNs }) => ({ lengthBytes: Number(size), fileId: `${ino} ${birthtimeNs}` }),
    () => undefined,
  );
}

export function isSame(found: CompleteFile | undefined, { fileBytes, fileId }: ConvertedFacts): boolean {
  return found?.lengthBytes === fileBytes && found.fileId === fileId;
}

/**
 * Whether the file of a disk is, by all but its bytes, what a run has made of it. One that is proven is known by its length,
 * as directories are copied; one that may have been replaced since by itself alone.
 */
export function isStillThere(found: CompleteFile | undefined, made: MadeDisk, entry: JournalEntry): boolean {
  const { converted, result } = made;
  if (made === entry && result !== undefined) return found?.lengthBytes === result.fileBytes;
  const facts = result ?? converted;
  return facts !== undefined && isSame(found, facts);
}

/** Whether a disk takes no more room: nothing is left to be written of it. */
export async function isWritten(disk: BatchDisk, directory: string, journal: Journal): Promise<boolean> {
  const entry = journal.entry(disk.file);
  if (entry === undefined) return false;
  const source = await identityOf(disk.sourcePath).catch(() => undefined);
  const made = source && journal.matching(disk.file, source, diskOptions(disk));
  return made !== undefined && isStillThere(await foundFile(join(directory, disk.file)), made, entry);
}

/** Whether a run has made the file that stands in the place of a disk, whatever has become of it since. */
export async function isOurs(
  path: string,
  { fileId, lengthBytes }: CompleteFile,
  entry: JournalEntry | undefined,
): Promise<boolean> {
  if (entry === undefined) return false;
  const { converted, replacedFileId, result } = entry;
  if (fileId === converted?.fileId || fileId === replacedFileId) return true;
  // In a directory that was copied all files are others; what they hold is not.
  return result?.fileBytes === lengthBytes && (await fileDigests(path)).sha256 === result.sha256;
}

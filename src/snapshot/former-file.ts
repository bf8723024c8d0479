import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompleteFile } from '../convert/options.js';
import { splitFormat } from '../image/format.js';
import type { DiskOptions } from './disk-result.js';
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

/** Whether by its length it can be what a run has made of the disk; its bytes are looked at when its turn has come. */
export function canBe(found: CompleteFile | undefined, { converted, result }: MadeDisk): boolean {
  return found !== undefined && found.lengthBytes === (result ?? converted)?.fileBytes;
}

/** Whether a disk takes no more room: as it seems, nothing is left to be written of it. */
export async function isWritten(disk: BatchDisk, directory: string, journal: Journal): Promise<boolean> {
  const source = await identityOf(disk.sourcePath).catch(() => undefined);
  const made = source && journal.matching(disk.file, source, diskOptions(disk));
  return made !== undefined && canBe(await foundFile(join(directory, disk.file)), made);
}

/** Whether the file in the place of a disk is of a run, as far as can be told without reading it. */
export function mayBeOurs(found: CompleteFile, entry: JournalEntry | undefined): boolean {
  return isKnown(found, entry) || noted(entry).some((made) => canBe(found, made));
}

/** Whether a run has made it, whatever has become of it since, or else has made these very bytes. */
export async function isOurs(
  found: CompleteFile,
  entry: JournalEntry | undefined,
  hasBytesOf: (made: MadeDisk) => Promise<boolean>,
): Promise<boolean> {
  if (isKnown(found, entry)) return true;
  // In a directory that was copied all files are others; what they hold is not.
  for (const made of noted(entry)) {
    if (canBe(found, made) && (await hasBytesOf(made))) return true;
  }
  return false;
}

function noted(entry: JournalEntry | undefined): readonly MadeDisk[] {
  return [entry, entry?.former].filter((made) => made !== undefined);
}

/** Without its time of birth a file is not told from the next one that gets its inode. */
function isKnown({ fileId }: CompleteFile, entry: JournalEntry | undefined): boolean {
  const ids = [entry?.replacedFileId, ...noted(entry).map(({ converted }) => converted?.fileId)];
  return !fileId.endsWith(' 0') && ids.includes(fileId);
}

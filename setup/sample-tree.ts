import { type Dirent, lstatSync } from 'node:fs';
import { constants, copyFile, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The installed trees that the content of a sample disk comes from: programs, libraries, documents, data. */
const sources = ['/usr/bin', '/usr/lib', '/usr/local', '/usr/sbin', '/usr/share'];

/** A file on ext4 takes whole blocks. */
const blockSizeBytes = 4096;

interface Entry {
  readonly path: string;
  readonly isLink: boolean;
  readonly sizeOnDiskBytes: number;
}

/** Faults of one file that is left out for it: unreadable, or gone since it was listed. */
const skippable = new Set(['EACCES', 'EPERM', 'ENOENT', 'ELOOP', 'ENAMETOOLONG', 'EIO']);

function isSkippable(error: unknown): boolean {
  return error instanceof Error && skippable.has((error as NodeJS.ErrnoException).code ?? '');
}

/** Every regular file and symbolic link below `folder`, in the order of their names. */
async function* entriesBelow(folder: string, signal: AbortSignal | undefined): AsyncGenerator<Entry> {
  signal?.throwIfAborted();
  let children: Dirent[];
  try {
    children = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isSkippable(error)) return;
    throw error;
  }
  children.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const child of children) {
    const path = join(folder, child.name);
    if (child.isDirectory()) yield* entriesBelow(path, signal);
    else if (child.isSymbolicLink()) yield { path, isLink: true, sizeOnDiskBytes: 0 };
    else if (child.isFile()) {
      const size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
      yield { path, isLink: false, sizeOnDiskBytes: Math.ceil(size / blockSizeBytes) * blockSizeBytes };
    }
  }
}

/**
 * An even sample of all the trees that fills the budget: an entry is taken when the part taken of the budget is not
 * ahead of the part seen of the whole. Large and small files so keep their shares.
 */
function sample(entries: readonly Entry[], budgetBytes: number): Entry[] {
  const totalBytes = entries.reduce((sum, entry) => sum + entry.sizeOnDiskBytes, 0);
  const share = totalBytes === 0 ? 1 : Math.min(1, budgetBytes / totalBytes);
  let seenBytes = 0;
  let takenBytes = 0;
  return entries.filter(({ sizeOnDiskBytes }) => {
    const isTaken = takenBytes <= seenBytes * share && takenBytes + sizeOnDiskBytes <= budgetBytes;
    seenBytes += sizeOnDiskBytes;
    if (isTaken) takenBytes += sizeOnDiskBytes;
    return isTaken;
  });
}

async function copyEntry({ path, isLink }: Entry, target: string): Promise<void> {
  if (isLink) return symlink(await readlink(path), target);
  // A reflink costs neither time nor space. Hard links would be as cheap, but on the overlay file system of a
  // container each of them leaves a whole copy behind for good.
  await copyFile(path, target, constants.COPYFILE_FICLONE);
}

/**
 * Copies about `budgetBytes` of the installed files of this machine below `target`, under their own paths, always the
 * same ones on the same machine. Unreadable files and anything but files and symbolic links are left out.
 */
export async function copySampleTree(
  target: string,
  budgetBytes: number,
  signal?: AbortSignal,
): Promise<{ fileCount: number; contentBytes: number }> {
  const entries: Entry[] = [];
  for (const source of sources) for await (const entry of entriesBelow(source, signal)) entries.push(entry);
  let fileCount = 0;
  let contentBytes = 0;
  let folder = '';
  for (const entry of sample(entries, budgetBytes)) {
    signal?.throwIfAborted();
    const copy = join(target, entry.path);
    if (dirname(copy) !== folder) {
      folder = dirname(copy);
      await mkdir(folder, { recursive: true });
    }
    try {
      await copyEntry(entry, copy);
    } catch (error) {
      if (!isSkippable(error)) throw error;
      continue;
    }
    fileCount += 1;
    contentBytes += entry.sizeOnDiskBytes;
  }
  return { fileCount, contentBytes };
}

import { constants } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { toForgeError } from '../errors.js';
import { quoted } from '../manifest/quoted.js';
import type { Destination } from './destination.js';
import type { Finding } from './findings.js';
import { foundFile, isWritten, mayBeOurs } from './former-file.js';
import type { Batch, BatchDisk } from './plan/batch.js';
import { isReportOf, reportName } from './report.js';

/** Where the disks of a batch go, by whatever names these places are known. */
export class TargetPlaces {
  readonly #paths: ReadonlySet<string>;
  readonly #files: ReadonlySet<string>;

  private constructor(paths: ReadonlySet<string>, files: ReadonlySet<string>) {
    this.#paths = paths;
    this.#files = files;
  }

  /** @param directory need not exist */
  static async of(batch: Batch, directory: string): Promise<TargetPlaces> {
    const files = batch.images.flatMap(({ disks }) => disks.map(({ file }) => file));
    const paths = new Set<string>();
    const present = new Set<string>();
    for (const file of files) {
      const path = join(directory, file);
      paths.add(await truePath(path));
      const found = await deviceAndInode(path);
      if (found !== undefined) present.add(found);
    }
    return new TargetPlaces(paths, present);
  }

  /** Whether a file is one of them, by another name or a link as well. */
  async includes(path: string): Promise<boolean> {
    const found = await deviceAndInode(path);
    return this.#paths.has(await truePath(path)) || (found !== undefined && this.#files.has(found));
  }
}

/** What stands in the way of a batch in its directory. */
export async function directoryFaults(batch: Batch, destination: Destination): Promise<readonly Finding[]> {
  const { directory } = destination;
  const own = (await ownFault(directory)) ?? (await reportFault(destination));
  if (own !== undefined) return [{ path: [], message: own }];
  const faults: Finding[] = [];
  for (const { folder, planPath, disks } of batch.images) {
    const path = join(directory, folder);
    const message = await folderFault(path);
    if (message !== undefined) faults.push({ path: [...planPath, 'name'], message });
    for (const disk of message === undefined ? disks : []) {
      const fault = await diskFault(disk, destination);
      if (fault !== undefined) faults.push({ path: disk.planPath, message: fault });
    }
  }
  return faults;
}

async function ownFault(directory: string): Promise<string | undefined> {
  if (await isLostLink(directory))
    return `${quoted(directory)} is a link to nothing; choose another directory`;
  const there = await nearestExisting(resolve(directory));
  try {
    if (!(await stat(there)).isDirectory()) return `${quoted(there)} is no directory; choose another one`;
    await access(there, constants.W_OK);
    return undefined;
  } catch (thrown) {
    return `${quoted(directory)}: ${toForgeError(thrown).message}`;
  }
}

/** The report is taken away and written anew: one that no run has written is somebody else's. */
async function reportFault({ directory, journal, force }: Destination): Promise<string | undefined> {
  const path = join(directory, reportName);
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isFile()) return `${quoted(path)} is no regular file; move it away`;
  if (force === true || (await isReportOf(path, journal))) return undefined;
  return `${quoted(path)} is not what a run in this directory has written; move it away, or replace it with --force`;
}

async function folderFault(path: string): Promise<string | undefined> {
  if (await isLostLink(path))
    return `the folder of the image is to be ${quoted(path)}, a link to nothing; remove it`;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isDirectory()) return undefined;
  return `the folder of the image is to be ${quoted(path)}, where a file stands; move it away`;
}

async function diskFault(disk: BatchDisk, destination: Destination): Promise<string | undefined> {
  const { directory, journal, force } = destination;
  const path = join(directory, disk.file);
  if (await isLostLink(path)) return `its file is to be ${quoted(path)}, a link to nothing; remove it`;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isFile()) return `its file is to be ${quoted(path)}, which is no regular file; move it away`;
  if (await isWritten(disk, directory, journal)) return undefined;
  const file = await foundFile(path);
  if (force === true || file === undefined || mayBeOurs(file, journal.entry(disk.file))) return undefined;
  return `its file ${quoted(path)} exists already, and no run in this directory has made it; move it away, or replace it with --force`;
}

async function isLostLink(path: string): Promise<boolean> {
  const itself = await lstat(path).catch(() => undefined);
  return itself?.isSymbolicLink() === true && (await stat(path).catch(() => undefined)) === undefined;
}

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const isThere = await stat(at).then(
      () => true,
      ({ code }) => code !== 'ENOENT',
    );
    if (isThere || at === dirname(at)) return at;
  }
}

/** Without links, as far as it exists. */
async function truePath(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch {
    const above = dirname(whole);
    return above === whole ? whole : join(await truePath(above), basename(whole));
  }
}

/** By which a file is known under all its names. */
export async function deviceAndInode(path: string): Promise<string | undefined> {
  return await stat(path, { bigint: true }).then(
    ({ dev, ino }) => `${dev} ${ino}`,
    () => undefined,
  );
}

import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { toForgeError } from '../errors.js';
import { quoted } from '../manifest/quoted.js';
import type { Finding } from './findings.js';
import type { Batch } from './plan/batch.js';

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
      const found = await identity(path);
      if (found !== undefined) present.add(found);
    }
    return new TargetPlaces(paths, present);
  }

  /** Whether a file is one of them, by another name or a link as well. */
  async includes(path: string): Promise<boolean> {
    const found = await identity(path);
    return this.#paths.has(await truePath(path)) || (found !== undefined && this.#files.has(found));
  }
}

/** What stands in the way of a batch in its directory. */
export async function directoryFaults(batch: Batch, directory: string): Promise<readonly Finding[]> {
  const own = await ownFault(directory);
  if (own !== undefined) return [{ path: [], message: own }];
  const faults: Finding[] = [];
  for (const { folder, planPath } of batch.images) {
    const path = join(directory, folder);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || found.isDirectory()) continue;
    const message = `the folder of the image is to be ${quoted(path)}, where a file stands; move it away`;
    faults.push({ path: [...planPath, 'name'], message });
  }
  return faults;
}

async function ownFault(directory: string): Promise<string | undefined> {
  const there = await nearestExisting(resolve(directory));
  try {
    if (!(await stat(there)).isDirectory()) return `${quoted(there)} is no directory; choose another one`;
    await access(there, constants.W_OK);
    return undefined;
  } catch (thrown) {
    return `${quoted(directory)}: ${toForgeError(thrown).message}`;
  }
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

async function identity(path: string): Promise<string | undefined> {
  return await stat(path, { bigint: true }).then(
    ({ dev, ino }) => `${dev} ${ino}`,
    () => undefined,
  );
}

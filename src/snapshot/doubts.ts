import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { guestWarnings } from '../guest/warnings.js';
import { rootDevice } from '../manifest/rules.js';
import type { Finding } from './findings.js';
import type { Journal } from './journal.js';
import type { Batch, BatchDisk } from './plan/batch.js';
import type { PreparedDisk } from './prepare-disk.js';
import { findManifest } from './prepared-manifest.js';
import type { Report } from './report.js';

/** What speaks against a disk in its place: whether the one that boots can, and is what the product types say. */
export function guestFindings(
  { images }: Batch,
  prepared: ReadonlyMap<BatchDisk, PreparedDisk>,
): readonly Finding[] {
  return images.flatMap(({ disks, productTypes }) =>
    disks.flatMap((disk) => {
      const guest = prepared.get(disk)?.result.guest;
      if (guest === undefined) return [];
      const own = guest.findings.filter(({ severity }) => severity === 'warning');
      const messages =
        disk.device === rootDevice ? guestWarnings(guest, productTypes) : own.map(({ message }) => message);
      return messages.map((message) => ({ path: [...disk.planPath, 'source'], message }));
    }),
  );
}

/** Files that former runs have made and the plan does not have any more: whoever uploads the directory uploads them too. */
export async function leftFindings(
  { images }: Batch,
  directory: string,
  journal: Journal,
): Promise<readonly Finding[]> {
  const wanted = new Set(images.flatMap(({ disks }) => disks.map(({ file }) => file)));
  const left = journal.files().filter((file) => !wanted.has(file));
  const present = await Promise.all(
    left.map(async (file) => ((await isThere(join(directory, file))) ? [file] : [])),
  );
  return present.flat().map((file) => ({
    path: [],
    message: `${file} is of a former run, and the plan does not have it any more; remove it if nobody needs it`,
  }));
}

/** Manifests of what was here before. */
export async function manifestFindings({ images }: Report, directory: string): Promise<readonly Finding[]> {
  const found = await Promise.all(images.map((image) => findManifest(directory, image)));
  return found.flatMap((manifest) =>
    manifest?.error === undefined
      ? []
      : [{ path: [], message: `${manifest.file}: ${manifest.error.message}` }],
  );
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

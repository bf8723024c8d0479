import { mkdir, writeFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import type { ErrorCode } from '../../src/errors.js';
import { runBounded } from './bounded.js';
import { type Folder, makeFolder } from './folder.js';
import { qemuImg } from './qemu.js';
import { assertRefused } from './refusal.js';

/** What stands in the file `secret`. */
export const secret = 'the secret of the host';

/** A folder with an image's folder `vm` in it, and beside that a secret. */
export interface Site extends AsyncDisposable {
  /** The folder around it. */
  readonly folder: Folder;
  /** The path of a file beside the image. */
  at(name: string): string;
}

export async function makeSite(): Promise<Site> {
  const folder = await makeFolder();
  await mkdir(folder.at('vm'));
  await writeFile(folder.at('secret'), secret.padEnd(4096, '.'));
  return {
    folder,
    at: (name) => folder.at(`vm/${name}`),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** An image with a backing file of any name. */
export async function makeOverlay(path: string, backing: string, format = 'raw', ...options: string[]) {
  await qemuImg('create', '-q', '-f', 'qcow2', ...options, '-u', '-b', backing, '-F', format, path, '4M');
}

/** Nothing that reads guest bytes reads any, and saying so is quick and small. */
export async function assertNotFollowed(
  t: ExecutionContext,
  { folder }: Site,
  code: ErrorCode,
  says: RegExp,
  allow: readonly string[] = ['--allow-external'],
): Promise<void> {
  const refusal = { code, says, run: runBounded };
  const disk = 'vm/disk.qcow2';
  await assertRefused(t, folder, ['convert', ...allow, disk, 'new.raw'], refusal);
  await assertRefused(t, folder, ['convert', ...allow, '-O', 'qcow2.gz', disk, '-'], refusal);
  await assertRefused(t, folder, ['map', ...allow, disk], refusal);
  await assertRefused(t, folder, ['compare', ...allow, 'secret', disk], { ...refusal, status: 2 });
}

/** What is said of names that lead out of the image's folder. */
export const outside =
  /vm\/disk\.qcow2: names the file '.*', which does not lead to a file within the folder .*\/vm; /;

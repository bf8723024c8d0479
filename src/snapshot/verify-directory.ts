import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ForgeError, toForgeError } from '../errors.js';
import { fileDigests } from './file-digests.js';
import { findManifest } from './prepared-manifest.js';
import { assertReadsBack } from './read-back.js';
import { type ReportDisk, readReport } from './report.js';

export interface VerifyDirectoryOptions {
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of each file in its turn. */
  readonly onBegin?: ((file: string) => void) | undefined;
  readonly onEnd?: ((verified: VerifiedFile) => void) | undefined;
  readonly onProgress?:
    | ((progress: {
        phase: 'hashing' | 'verifying';
        doneBytes: number;
        totalBytes: number | undefined;
      }) => void)
    | undefined;
}

/** What has become of one file of a prepared directory: of a disk, or of a manifest. */
export interface VerifiedFile {
  readonly file: string;
  /** Why it is not what the report says; undefined where it is. */
  readonly error: ForgeError | undefined;
}

/**
 * Proves a prepared directory once more, a file after the other: its length, its SHA-256 and MD5, and its guest bytes, read
 * by another decoder than the one that wrote them. A manifest has to be that of the files beside it.
 *
 * @throws ForgeError where there is no report that can be read, or the signal's reason
 */
export async function verifyDirectory(
  directory: string,
  options: VerifyDirectoryOptions = {},
): Promise<readonly VerifiedFile[]> {
  const { images } = await readReport(directory);
  const verified: VerifiedFile[] = [];
  const end = (one: VerifiedFile) => {
    verified.push(one);
    options.onEnd?.(one);
  };
  for (const image of images) {
    for (const disk of image.disks) {
      const path = join(directory, disk.file);
      options.onBegin?.(disk.file);
      try {
        await verifyDisk(path, disk, options);
        end({ file: disk.file, error: undefined });
      } catch (thrown) {
        options.signal?.throwIfAborted();
        end({ file: disk.file, error: toForgeError(thrown, path) });
      }
    }
    const manifest = await findManifest(directory, image);
    if (manifest !== undefined) end(manifest);
  }
  return verified;
}

async function verifyDisk(path: string, disk: ReportDisk, options: VerifyDirectoryOptions): Promise<void> {
  const { size } = await stat(path).catch((thrown) => {
    throw toForgeError(thrown, path);
  });
  const damaged = (what: string) =>
    new ForgeError('PREPARED_DAMAGED', `${what}; prepare the plan again with --paranoid to make it anew`, {
      path,
    });
  if (size !== disk['file-size']) {
    throw damaged(`has ${size} bytes, and had ${disk['file-size']} when it was prepared`);
  }
  const { sha256, md5 } = await fileDigests(path, options);
  if (sha256 !== disk.sha256 || md5 !== disk.md5) {
    throw damaged(`has SHA-256 ${sha256}, and had ${disk.sha256} when it was prepared`);
  }
  const expected = { guestDigest: disk['guest-digest'], engine: disk.engine ?? undefined };
  await assertReadsBack(path, disk.format, expected, {
    threads: options.threads,
    signal: options.signal,
    onProgress: (progress) => options.onProgress?.({ ...progress, phase: 'verifying' }),
  });
}

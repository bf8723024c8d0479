import { basename, join } from 'node:path';
import { ForgeError, toForgeError } from '../errors.js';
import { readManifestFile } from '../manifest/read-bytes.js';
import { type ManifestReview, validateManifest } from '../manifest/review/review.js';
import type { ReportImage } from './report.js';

/** In the folder of each image. */
export const manifestName = 'manifest.json';

/** What is there as the manifest of an image. */
export interface FoundManifest {
  /** From the prepared directory. */
  readonly file: string;
  /** Why it is not that of the files beside it; undefined where it is. */
  readonly error: ForgeError | undefined;
}

/** Compares the manifest of an image with the report; undefined where there is none. When its URLs end is no matter. */
export async function findManifest(
  directory: string,
  image: ReportImage,
): Promise<FoundManifest | undefined> {
  const file = `${image.folder}/${manifestName}`;
  const path = join(directory, file);
  let bytes: Uint8Array;
  try {
    bytes = await readManifestFile(path);
  } catch (thrown) {
    const error = toForgeError(thrown, path);
    return error.code === 'IO_NOT_FOUND' ? undefined : { file, error };
  }
  const what = problemOf(validateManifest(bytes), image);
  const message = `${what}; make it anew with 'omiforge manifest create'`;
  return {
    file,
    error: what === undefined ? undefined : new ForgeError('PREPARED_DAMAGED', message, { path }),
  };
}

function problemOf({ faults, disks }: ManifestReview, image: ReportImage): string | undefined {
  const fault = faults.find(({ severity, code }) => severity === 'error' && code !== 'url-expired');
  if (fault !== undefined) return `line ${fault.line}, column ${fault.column}: ${fault.message}`;
  const isSame =
    disks.length === image.disks.length &&
    image.disks.every((disk, index) => {
      const { objectSizeBytes, virtualSizeBytes, filename = '' } = disks[index] ?? {};
      return (
        objectSizeBytes === disk['file-size'] &&
        virtualSizeBytes === disk['virtual-size'] &&
        basename(filename) === basename(disk.file)
      );
    });
  return isSame ? undefined : 'is not the manifest of the files beside it';
}

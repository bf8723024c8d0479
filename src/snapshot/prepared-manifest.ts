import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ForgeError, toForgeError } from '../errors.js';
import { readManifestFile } from '../manifest/read-bytes.js';
import { type ManifestReview, type ReviewedDisk, validateManifest } from '../manifest/review/review.js';
import type { ReportDisk, ReportImage } from './report.js';

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

function problemOf({ faults, image: said, disks }: ManifestReview, image: ReportImage): string | undefined {
  const fault = faults.find(({ severity, code }) => severity === 'error' && code !== 'url-expired');
  if (fault !== undefined) return `line ${fault.line}, column ${fault.column}: ${fault.message}`;
  const isImage = isDeepStrictEqual(
    [said.name, said.description, said.architecture, said.productTypes, said.user ?? null],
    [image.name, image.description, image.architecture, image['product-types'], image.user],
  );
  const areDisks =
    disks.length === image.disks.length && image.disks.every((disk, index) => isOfDisk(disks[index], disk));
  return isImage && areDisks
    ? undefined
    : 'says other things than the report, of this image or of the files beside it';
}

function isOfDisk(said: ReviewedDisk | undefined, disk: ReportDisk): boolean {
  if (said === undefined || said.object?.key !== said.filename) return false;
  return (
    isDeepStrictEqual(
      [said.device, said.volumeType, said.iops ?? null, said.deleteOnTermination],
      [disk.device, disk['volume-type'], disk.iops, disk['delete-on-termination']],
    ) &&
    isDeepStrictEqual(
      [basename(said.filename ?? ''), said.objectSizeBytes, said.virtualSizeBytes],
      [basename(disk.file), disk['file-size'], disk['virtual-size']],
    )
  );
}

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../cloud/credentials.js';
import { ForgeError, toForgeError } from '../errors.js';
import { splitFormat } from '../image/format.js';
import { composeManifest } from '../manifest/create.js';
import type { CreatedManifest } from '../manifest/from-files.js';
import { earliestExpiry, objectWarnings } from '../manifest/object-warnings.js';
import { quoted } from '../manifest/quoted.js';
import { readManifestFile } from '../manifest/read-bytes.js';
import { validateManifest } from '../manifest/review/review.js';
import { saveManifest } from '../manifest/save.js';
import { type PresignTarget, signedObjects } from '../manifest/signed-objects.js';
import { manifestName } from './prepared-manifest.js';
import { type ReportImage, readReport } from './report.js';

export interface CreateManifestsRequest {
  /** What `prepareBatch` has made. */
  readonly directory: string;
  /** Where the files are, or will be: an object is named PREFIX/FOLDER/FILE, as in the directory. */
  readonly presign: PresignTarget;
  /** Makes that of one image alone; of all by default. */
  readonly imageName?: string | undefined;
  /** Where keys and region are looked up; `process.env` when left out. */
  readonly environment?: Environment | undefined;
  /** The moment of signing; the current time when left out. */
  readonly now?: Date | undefined;
}

/** The manifest of one image of a prepared directory. */
export interface PreparedManifest extends CreatedManifest {
  readonly imageName: string;
  readonly path: string;
}

/**
 * Makes the manifests of a prepared directory, each in the folder of its image, from what the report says: no image is read.
 * Manifests of former calls are replaced, as their URLs end.
 *
 * @throws ForgeError PREPARED_DAMAGED where a file has not the length that the report says, SIGN_*, MANIFEST_INVALID, IO_*
 */
export async function createManifests(request: CreateManifestsRequest): Promise<readonly PreparedManifest[]> {
  const { directory, imageName } = request;
  const { images } = await readReport(directory);
  const wanted = images.filter(({ name }) => imageName === undefined || name === imageName);
  if (wanted.length === 0) {
    const names = images.map(({ name }) => quoted(name)).join(', ');
    throw new ForgeError(
      'ARGUMENT_INVALID',
      `no image here is called ${quoted(imageName ?? '')}; there are ${names}`,
      {
        path: directory,
      },
    );
  }
  const made: PreparedManifest[] = [];
  for (const image of wanted) made.push(await createOne(image, request));
  for (const { path } of made) await assertReplaceable(path);
  for (const { manifest, path } of made) await saveManifest(manifest, path, true);
  return made;
}

async function createOne(image: ReportImage, request: CreateManifestsRequest): Promise<PreparedManifest> {
  const { directory, presign, environment = process.env, now = new Date() } = request;
  const paths = image.disks.map(({ file }) => join(directory, file));
  for (const [index, path] of paths.entries())
    await assertLength(path, image.disks[index]?.['file-size'] ?? 0);
  const prefix = `${(presign.prefix ?? '').replace(/\/+$/, '')}/${image.folder}`;
  const objects = await signedObjects({ presign: { ...presign, prefix } }, paths, environment, now);
  const placed = objects.flatMap((object, index) => {
    const disk = image.disks[index];
    return disk === undefined
      ? []
      : [{ disk, object, path: join(directory, disk.file), ...splitFormat(disk.format) }];
  });
  const { name, description, architecture, 'product-types': productTypes, user } = image;
  const { manifest, warnings } = composeManifest(
    { name, description, architecture, productTypes, user: user ?? undefined },
    placed.map(({ disk, object }) => ({
      device: disk.device,
      volumeType: disk['volume-type'],
      iops: disk.iops ?? undefined,
      deleteOnTermination: disk['delete-on-termination'],
      virtualSizeBytes: disk['virtual-size'],
      objectSizeBytes: disk['file-size'],
      filename: object.key,
      preSignedUrl: object.url,
    })),
  );
  return {
    imageName: name,
    path: join(directory, image.folder, manifestName),
    manifest,
    warnings: [...warnings, ...objectWarnings(placed)],
    urlsExpireAt: earliestExpiry(placed),
  };
}

/** What is no manifest at all is nothing that a former call has made. */
async function assertReplaceable(path: string): Promise<void> {
  const bytes = await readManifestFile(path).catch((thrown) => {
    if (toForgeError(thrown).code === 'IO_NOT_FOUND') return undefined;
    throw thrown;
  });
  if (bytes === undefined) return;
  const { image, disks } = validateManifest(bytes);
  if (disks.length > 0 || image.name !== undefined) return;
  throw new ForgeError('TARGET_EXISTS', 'exists already, and is no manifest; move it away', { path });
}

async function assertLength(path: string, lengthBytes: number): Promise<void> {
  const { size } = await stat(path).catch((thrown) => {
    throw toForgeError(thrown, path);
  });
  if (size === lengthBytes) return;
  const message = `has ${size} bytes, and had ${lengthBytes} when it was prepared; prepare the plan again`;
  throw new ForgeError('PREPARED_DAMAGED', message, { path });
}

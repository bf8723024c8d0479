import type { Environment } from '../cloud/credentials.js';
import { type ErrorCode, ForgeError, toForgeError } from '../errors.js';
import { readImageInfo } from '../image/info.js';
import { type ComposedManifest, composeManifest, type DiskSettings, type ManifestRequest } from './create.js';
import { earliestExpiry, objectWarnings } from './object-warnings.js';
import { signedObjects, type UrlSource } from './signed-objects.js';

/** A local image file that becomes one disk of the OMI. */
export interface ManifestFile extends DiskSettings {
  readonly path: string;
}

/** What to make a manifest of. */
export type CreateManifestRequest = ManifestRequest &
  UrlSource & {
    /** Local image files, root disk first: a path, or a path with the choices for its disk. */
    readonly files: readonly (string | ManifestFile)[];
    /** Where keys, region, endpoint and HOME are looked up; `process.env` when left out. */
    readonly environment?: Environment | undefined;
    /** The moment of signing; the current time when left out. */
    readonly now?: Date | undefined;
    /** Stops the reading of large files. */
    readonly signal?: AbortSignal | undefined;
  };

/** A manifest, what is doubtful in it, and how long it is of use. */
export interface CreatedManifest extends ComposedManifest {
  /** The moment from which the first URL stops working; undefined when no URL says when it does. */
  readonly urlsExpireAt: Date | undefined;
}

/** The facts of an image file that a manifest needs. */
export interface ImageFacts {
  readonly format: 'raw' | 'qcow2';
  readonly container: 'plain' | 'gz';
  readonly virtualSizeBytes: number | undefined;
  readonly fileLengthBytes: number;
  /** Why the image cannot be used, when it cannot. */
  readonly refusal?: { readonly code: ErrorCode; readonly message: string } | undefined;
}

/** Reads the facts of one image file, with its virtual size even where that takes reading all of the file. */
export type ReadImageFacts = (
  path: string,
  options: { readonly measure: true; readonly signal?: AbortSignal },
) => Promise<ImageFacts>;

type UsableFacts = ImageFacts & { readonly virtualSizeBytes: number };

/**
 * Makes a manifest for local image files: their sizes are read from the files, their URLs are signed offline or
 * taken as given. Nothing is uploaded, and it does not matter whether that was done already. `readFacts` is how a
 * file is read, for callers that know its facts already.
 *
 * @example
 * const { manifest, warnings, urlsExpireAt } = await createManifest({
 *   name: 'debian-13', files: ['root.qcow2.gz', 'data.raw.gz'], presign: { bucket: 'my-images' },
 * });
 * @throws ForgeError `SIGN_*` or `CONFIG_*` when signing is not possible, what reading a file may raise, and
 * `MANIFEST_INVALID` when the service would refuse the manifest; its message lists every fault.
 */
export async function createManifest(
  request: CreateManifestRequest,
  readFacts: ReadImageFacts = readImageInfo,
): Promise<CreatedManifest> {
  const now = request.now ?? new Date();
  const files = request.files.map((file) => (typeof file === 'string' ? { path: file } : file));
  const paths = files.map(({ path }) => path);
  // Signing comes first: it is instant, while the size of a compressed raw image takes reading all of it.
  const environment = request.environment ?? process.env;
  const settingsWarnings: string[] = [];
  const objects = await signedObjects(request, paths, environment, now, (message) =>
    settingsWarnings.push(message),
  );
  const facts = await readAllFacts(paths, readFacts, request.signal);
  const placed = objects.flatMap((object, index) => {
    const file = files[index];
    const image = facts[index];
    return file === undefined || image === undefined ? [] : [{ ...file, ...image, object }];
  });
  const { manifest, warnings } = composeManifest(
    request,
    placed.map((disk) => ({
      ...disk,
      objectSizeBytes: disk.fileLengthBytes,
      filename: disk.object.key,
      preSignedUrl: disk.object.url,
    })),
  );
  return {
    manifest,
    warnings: [...settingsWarnings, ...warnings, ...objectWarnings(placed)],
    urlsExpireAt: earliestExpiry(placed),
  };
}

/** The facts of all files, in their order; when several files cannot be used, one error tells of them all. */
async function readAllFacts(
  paths: readonly string[],
  readFacts: ReadImageFacts,
  signal: AbortSignal | undefined,
): Promise<readonly UsableFacts[]> {
  const outcomes = await Promise.allSettled(paths.map((path) => readUsableFacts(path, readFacts, signal)));
  signal?.throwIfAborted();
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [toForgeError(outcome.reason, paths[index])] : [],
  );
  const [first, ...others] = failures;
  if (first === undefined) return outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []));
  if (others.length === 0) throw first;
  const lines = failures.map((failure) => failure.toLine()).join('; ');
  throw new ForgeError(first.code, `${failures.length} files cannot be used: ${lines}`, { cause: first });
}

async function readUsableFacts(
  path: string,
  readFacts: ReadImageFacts,
  signal: AbortSignal | undefined,
): Promise<UsableFacts> {
  const facts = await readFacts(path, { measure: true, ...(signal === undefined ? {} : { signal }) });
  const { refusal, virtualSizeBytes } = facts;
  if (refusal !== undefined) throw new ForgeError(refusal.code, refusal.message, { path });
  if (virtualSizeBytes === undefined) {
    throw new ForgeError('INTERNAL', 'the virtual size was asked for and not measured', { path });
  }
  return { ...facts, virtualSizeBytes };
}

import { basename } from 'node:path';
import type { Environment } from '../cloud/credentials.js';
import { findSigningPlace, type SigningPlace } from '../cloud/presign.js';
import { maximumExpirySeconds, type PresignedUrlFacts, readPresignedUrl } from '../cloud/presigned-url.js';
import { signObjectUrl } from '../cloud/sign-object.js';
import { ForgeError } from '../errors.js';
import { diskPlace, faultLine, type ManifestFault } from './faults.js';
import type { Severity } from './review/review-fault.js';
import { reviewSingleUrl } from './review/single-url.js';

/** Where the files are in the object storage, and how to sign for them. */
export interface PresignTarget extends SigningPlace {
  readonly bucket: string;
  /** Folder in the bucket; slashes at its ends make no difference. The top of the bucket when left out. */
  readonly prefix?: string | undefined;
  /** How long the URLs work, in seconds: 1 to 604800, which is also the value when left out. */
  readonly expiresSeconds?: number | undefined;
}

/** Either the files are signed for (`presign`), or their pre-signed URLs are there already (`urls`). */
export type UrlSource =
  | { readonly presign: PresignTarget; readonly urls?: undefined }
  | {
      /** One path-style URL per file, in the order of the files. */
      readonly urls: readonly string[];
      readonly presign?: undefined;
    };

/** An object in the storage, whether or not it is uploaded yet. */
export interface SignedObject {
  readonly key: string;
  readonly url: string;
  readonly facts: PresignedUrlFacts;
  /** What is doubtful about the URL. */
  readonly doubts: readonly string[];
}

/**
 * The object of each local file, in the order of `paths`. Signing is offline.
 *
 * @param onWarning gets what is to be minded of the configuration that the keys are from
 * @throws ForgeError `SIGN_*` or `CONFIG_*` when signing is not possible, `ARGUMENT_INVALID` when there is not one URL per
 * file, `MANIFEST_INVALID` with all that is wrong with the URLs, as a review of the manifest would find it.
 */
export async function signedObjects(
  source: UrlSource,
  paths: readonly string[],
  environment: Environment,
  now: Date,
  onWarning: (message: string) => void = () => {},
): Promise<readonly SignedObject[]> {
  const urls = source.urls ?? (await signAll(source.presign, paths, environment, now, onWarning));
  if (urls.length !== paths.length) {
    throw new ForgeError(
      'ARGUMENT_INVALID',
      `the number of URLs (${urls.length}) and of files (${paths.length}) differ; give one URL per file, in the same order`,
    );
  }
  const reviewed = urls.map((url) => reviewedObject(url, now));
  const objects = reviewed.map(({ object }) => object);
  const faults = reviewed.flatMap(({ object, errors }, index) => [
    ...errors.map((message) => ({ place: placeOf(object, index), message })),
    ...repeatedObject(object, index, objects),
  ]);
  if (faults.length > 0) throw new ForgeError('MANIFEST_INVALID', faultLine(faults));
  return objects;
}

function reviewedObject(
  url: string,
  now: Date,
): { readonly object: SignedObject; readonly errors: readonly string[] } {
  const facts = readPresignedUrl(url);
  const faults = reviewSingleUrl(url, now);
  const messagesOf = (severity: Severity) =>
    faults.filter((fault) => fault.severity === severity).map(({ message }) => message);
  return {
    object: { key: facts.key ?? '', url, facts, doubts: messagesOf('warning') },
    errors: messagesOf('error'),
  };
}

async function signAll(
  target: PresignTarget,
  paths: readonly string[],
  environment: Environment,
  now: Date,
  onWarning: (message: string) => void,
): Promise<readonly string[]> {
  const { context, warnings } = await findSigningPlace(target, environment);
  for (const warning of warnings) onWarning(warning);
  const { bucket, expiresSeconds = maximumExpirySeconds } = target;
  const folder = (target.prefix ?? '').replaceAll(/^\/+|\/+$/g, '');
  const signed = paths.map((path) => {
    const key = folder === '' ? basename(path) : `${folder}/${basename(path)}`;
    return signObjectUrl({ ...context, bucket, key, expiresSeconds, now });
  });
  return (await Promise.all(signed)).map(({ url }) => url);
}

function repeatedObject(
  object: SignedObject,
  index: number,
  objects: readonly SignedObject[],
): readonly ManifestFault[] {
  const first = objects.findIndex((other) => withoutQuery(other.url) === withoutQuery(object.url));
  if (first === index) return [];
  const message = `disk ${first + 1} has the same object; give each disk its own, under its own name`;
  return [{ place: placeOf(object, index), message }];
}

function placeOf({ key }: SignedObject, index: number): string {
  return diskPlace(index, key === '' ? undefined : key);
}

function withoutQuery(url: string): string {
  return url.replace(/\?.*/s, '');
}

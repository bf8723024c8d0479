import { basename } from 'node:path';
import type { Environment } from '../cloud/credentials.js';
import { findSigningPlace, type SigningPlace } from '../cloud/presign.js';
import { maximumExpirySeconds, type PresignedUrlFacts, readPresignedUrl } from '../cloud/presigned-url.js';
import { signObjectUrl } from '../cloud/sign-object.js';
import { ForgeError } from '../errors.js';
import { diskPlace, faultLine, type ManifestFault } from './faults.js';
import { quotedUrl } from './quoted.js';

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
}

/**
 * The object of each local file, in the order of `paths`. Signing is offline.
 *
 * @param onWarning gets what is to be minded of the configuration that the keys are from
 * @throws ForgeError `SIGN_*` or `CONFIG_*` when signing is not possible, `ARGUMENT_INVALID` when there is not one URL per
 * file, `MANIFEST_INVALID` with every URL that names no key, has expired or was given before.
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
  const objects = urls.map((url) => {
    const facts = readPresignedUrl(url);
    return { key: facts.key ?? '', url, facts };
  });
  const faults = objects.flatMap((object, index) => objectFaults(object, index, objects, now));
  if (faults.length > 0) throw new ForgeError('MANIFEST_INVALID', faultLine(faults));
  return objects;
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

function objectFaults(
  { key, url, facts }: SignedObject,
  index: number,
  objects: readonly SignedObject[],
  now: Date,
): readonly ManifestFault[] {
  const place = diskPlace(index, key === '' ? undefined : key);
  const messages: string[] = [];
  if (key === '') {
    messages.push(`URL ${quotedUrl(url)} names no bucket and key; use http(s)://HOST/BUCKET/KEY?SIGNATURE`);
  }
  if (facts.expiresAt !== undefined && facts.expiresAt <= now) {
    messages.push(`the URL expired on ${facts.expiresAt.toISOString()}; sign it again`);
  }
  const first = objects.findIndex((other) => withoutQuery(other.url) === withoutQuery(url));
  if (first < index) {
    messages.push(`disk ${first + 1} has the same object; give each disk its own, under its own name`);
  }
  return messages.map((message) => ({ place, message }));
}

function withoutQuery(url: string): string {
  return url.replace(/\?.*/s, '');
}

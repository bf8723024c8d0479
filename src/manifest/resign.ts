import { basename } from 'node:path/posix';
import type { Environment } from '../cloud/credentials.js';
import { resolveEndpoint } from '../cloud/endpoint.js';
import { locateObject, regionOfHost } from '../cloud/located-object.js';
import { type FoundPlace, findSigningPlace, type SigningPlace } from '../cloud/presign.js';
import { maximumExpirySeconds } from '../cloud/presigned-url.js';
import { signObjectUrl } from '../cloud/sign-object.js';
import { ForgeError, toForgeError } from '../errors.js';
import { diskPlace } from './faults.js';
import { decodeText } from './json/decode.js';
import type { JsonNode } from './json/document.js';
import { readJson } from './json/read.js';
import { TextPlaces } from './json/text-places.js';
import { harmless, quotedHarmless, withoutSignature } from './quoted.js';
import { longestManifestBytes } from './review/review.js';
import { isHttpUrl } from './rules.js';

/** How to sign the URLs of a manifest anew. */
export interface ResignRequest extends SigningPlace {
  /** Bucket of the objects whose URLs name none; all others stay in theirs. */
  readonly bucket?: string | undefined;
  /** Folder in that bucket; an object is then `prefix` and the last part of `Filename`, else it is `Filename`. */
  readonly prefix?: string | undefined;
  /** When left out: that of each URL, else as it is looked up. */
  readonly region?: string | undefined;
  /** When left out: that of each URL, else as it is looked up. */
  readonly endpoint?: string | undefined;
  /** How long the URLs work, in seconds: 1 to 604800, which is also the value when left out. */
  readonly expiresSeconds?: number | undefined;
  /** Where keys, region, endpoint and HOME are looked up; `process.env` when left out. */
  readonly environment?: Environment | undefined;
  /** The moment of signing; the current time when left out. */
  readonly now?: Date | undefined;
}

/** A manifest with new URLs. */
export interface ResignedManifest {
  /** The text as it was, but for the URLs. */
  readonly text: string;
  readonly urlsExpireAt: Date;
  readonly urlCount: number;
  /** What was asked for and is not so, one line each. */
  readonly warnings: readonly string[];
}

/** The parts of the text that a new URL depends on. */
interface UrlPlace {
  readonly place: string;
  readonly url: JsonNode;
  readonly filename: string | undefined;
}

/**
 * Signs all URLs of a manifest anew, offline, for the same objects. All else in the text stays as it is, to the last space.
 *
 * @throws ForgeError `MANIFEST_INVALID` when the text is no manifest in strict JSON, `ARGUMENT_INVALID` when a URL names
 * no object and no bucket is given, `SIGN_*` when signing is not possible.
 */
export async function resignManifest(
  text: string | Uint8Array,
  request: ResignRequest = {},
): Promise<ResignedManifest> {
  const source = strictText(text);
  const places = urlPlaces(source);
  const environment = request.environment ?? process.env;
  const found = await findSigningPlace(request, environment);
  const now = request.now ?? new Date();
  const warnings = [...found.warnings];
  const signed = await Promise.all(
    places.map(async (place) => {
      const target = signingTarget(place, request, found.context, warnings);
      const expiresSeconds = request.expiresSeconds ?? maximumExpirySeconds;
      const { credentials } = found.context;
      try {
        return await signObjectUrl({ ...target, credentials, expiresSeconds, now });
      } catch (thrown) {
        const { code, message } = toForgeError(thrown);
        throw new ForgeError(code, `${place.place}: ${message}`, { cause: thrown });
      }
    }),
  );
  let whole = source;
  // From the end on, so that the offsets before stay right.
  for (const [index, { url }] of [...places.entries()].reverse()) {
    const signedUrl = signed[index]?.url ?? '';
    whole = `${whole.slice(0, url.offset)}${JSON.stringify(signedUrl)}${whole.slice(url.end)}`;
  }
  const urlsExpireAt = signed[0]?.expiresAt ?? now;
  return { text: whole, urlsExpireAt, urlCount: signed.length, warnings };
}

function strictText(text: string | Uint8Array): string {
  const lengthBytes = typeof text === 'string' ? text.length : text.byteLength;
  if (lengthBytes > longestManifestBytes) {
    const message = `has more than ${longestManifestBytes} bytes; a manifest has less than a tenth of it`;
    throw new ForgeError('MANIFEST_INVALID', message);
  }
  const decoded = typeof text === 'string' ? { text, flaws: [] } : decodeText(text);
  const [fault] = [...decoded.flaws, ...readJson(decoded.text).faults];
  if (fault === undefined) return decoded.text;
  const { line, column } = new TextPlaces(decoded.text).at(fault.offset);
  throw new ForgeError(
    'MANIFEST_INVALID',
    `is not strict JSON: line ${line}, column ${column}: ${fault.message}; mend it with 'omiforge manifest repair' first`,
  );
}

function urlPlaces(text: string): readonly UrlPlace[] {
  const root = readJson(text).root;
  const snapshots = memberOf(memberOf(root, 'Image'), 'Snapshots')?.items ?? [];
  if (snapshots.length === 0) {
    const message = "has no disks in Image.Snapshots; see 'omiforge manifest validate'";
    throw new ForgeError('MANIFEST_INVALID', message);
  }
  return snapshots.map((snapshot, index) => {
    const file = memberOf(snapshot, 'Filename');
    const filename = file?.type === 'string' && file.value !== '' ? file.value : undefined;
    const place = diskPlace(index, filename === undefined ? undefined : harmless(filename));
    const url = memberOf(snapshot, 'PreSignedUrl');
    if (url === undefined) {
      const message = `${place} has no PreSignedUrl; add "PreSignedUrl": "" and try again`;
      throw new ForgeError('MANIFEST_INVALID', message);
    }
    return { place, url, filename };
  });
}

function memberOf(node: JsonNode | undefined, key: string): JsonNode | undefined {
  return node?.members.find((member) => member.key === key)?.value;
}

/** The storage that nothing but the URL knows: one that is not OUTSCALE's (which has a region), or a port of its own. */
function ownEndpoint(url: URL, region: string | undefined): string | undefined {
  if (region === undefined) return url.origin;
  const host = `oos.${region}.outscale.com`;
  return url.port === '' ? undefined : `${url.protocol}//${host}:${url.port}`;
}

interface SigningTarget {
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
  readonly endpoint: URL;
}

function signingTarget(
  { place, url, filename }: UrlPlace,
  request: ResignRequest,
  looked: FoundPlace['context'],
  warnings: string[],
): SigningTarget {
  const old = url.type === 'string' && isHttpUrl(url.value) ? new URL(url.value) : undefined;
  const object = old === undefined ? undefined : locateObject(old);
  const hostRegion = old === undefined ? undefined : regionOfHost(old);
  const region = request.region ?? object?.region ?? hostRegion ?? looked.region;
  const own = object === undefined || old === undefined ? undefined : ownEndpoint(old, hostRegion && region);
  // What was looked up is of the region that was looked up, and of no other.
  const known = object === undefined && region === looked.region ? looked.endpoint.origin : undefined;
  const endpoint = resolveEndpoint(region, request.endpoint ?? own ?? known);
  if (object !== undefined && withoutSignature(object.key) !== object.key) {
    const message = `${place}: the ? before the signature of its URL is missing, so its key is not known; mend the URL first`;
    throw new ForgeError('MANIFEST_INVALID', message);
  }
  if (object !== undefined) {
    if (request.bucket !== undefined && request.bucket !== object.bucket) {
      warnings.push(
        `${place}: stays in the bucket ${quotedHarmless(object.bucket)}, which its URL names; another one is for URLs that name none`,
      );
    }
    return { bucket: object.bucket, key: object.key, region, endpoint };
  }
  if (request.bucket === undefined || filename === undefined) {
    const message = `${place}: its URL names no bucket and key; give --bucket, and the key in Filename`;
    throw new ForgeError('ARGUMENT_INVALID', message);
  }
  const folder = (request.prefix ?? '').replaceAll(/^\/+|\/+$/g, '');
  const key = folder === '' ? filename : `${folder}/${basename(filename)}`;
  return { bucket: request.bucket, key, region, endpoint };
}

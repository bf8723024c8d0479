import { Hash } from '@smithy/hash-node';
import { HttpRequest } from '@smithy/protocol-http';
import { getCanonicalQuery, SignatureV4 } from '@smithy/signature-v4';
import { ForgeError } from '../errors.js';
import type { Credentials } from './credentials.js';
import { maximumExpirySeconds } from './presigned-url.js';

const longestKeyBytes = 1024;

/** What a signature needs besides the object. */
export interface SigningContext {
  /** Scheme, host and port of the object storage. */
  readonly endpoint: URL;
  readonly region: string;
  readonly credentials: Credentials;
  /** How long the URL works, in seconds from `now`: 1 to 604800. */
  readonly expiresSeconds: number;
  /** The moment of signing; the signature counts in whole seconds. */
  readonly now: Date;
}

/** An object in a bucket. */
export interface ObjectAddress {
  /** 3 to 63 lowercase letters, digits and hyphens, with a letter or digit first. */
  readonly bucket: string;
  /** 1 to 1024 bytes of UTF-8. */
  readonly key: string;
}

/** A URL that opens one object without further keys, and the moment from which it does not. */
export interface PresignedUrl {
  readonly url: string;
  readonly expiresAt: Date;
}

/**
 * Signs a URL with which anyone can GET one object until `expiresAt`: AWS Signature Version 4 in the query,
 * path-style. Nothing is sent, so neither the object nor the keys are proved to exist.
 *
 * @throws ForgeError `SIGN_INVALID` when a parameter is outside its range.
 */
export async function presignGetUrl(request: SigningContext & ObjectAddress): Promise<PresignedUrl> {
  const { bucket, key, expiresSeconds, now } = request;
  checkExpiry(expiresSeconds);
  checkBucket(bucket);
  checkKey(key);
  if (Number.isNaN(now.getTime())) throw new ForgeError('SIGN_INVALID', 'the date of signing is not a date');
  const url = await signGetUrl(request, `/${bucket}/${key.split('/').map(encodeSegment).join('/')}`);
  const signedSecond = Math.floor(now.getTime() / 1000);
  return { url, expiresAt: new Date((signedSecond + expiresSeconds) * 1000) };
}

/** Signs a GET of `path`, which is percent-encoded already. {@link presignGetUrl} is what checks its input. */
export async function signGetUrl(context: SigningContext, path: string): Promise<string> {
  const { endpoint, region, credentials, expiresSeconds, now } = context;
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials: {
      accessKeyId: credentials.accessKey,
      secretAccessKey: credentials.secretKey,
      ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
    },
    sha256: Hash.bind(null, 'sha256'),
    uriEscapePath: false, // S3 signs the path as it is sent; other services encode it once more
    applyChecksum: false,
  });
  // The signer takes the payload hash from a header, which it would move into the query or sign. Kept out of
  // both, the URL is the standard one: whoever downloads has no header to send and no parameter is foreign.
  const payloadHash = new Set(['x-amz-content-sha256']);
  const request = new HttpRequest({
    method: 'GET',
    path,
    headers: { host: endpoint.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  });
  const signed = await signer.presign(request, {
    signingDate: now,
    expiresIn: expiresSeconds,
    unhoistableHeaders: payloadHash,
    unsignableHeaders: payloadHash,
  });
  // The canonical query is what was signed, in its own encoding, and lacks the signature alone.
  const signature = String(signed.query?.['X-Amz-Signature']);
  return `${endpoint.origin}${path}?${getCanonicalQuery(signed)}&X-Amz-Signature=${signature}`;
}

/** S3 wants every byte encoded but the unreserved ones; `encodeURIComponent` leaves five more alone. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function checkExpiry(expiresSeconds: number): void {
  if (Number.isInteger(expiresSeconds) && expiresSeconds >= 1 && expiresSeconds <= maximumExpirySeconds)
    return;
  throw new ForgeError(
    'SIGN_INVALID',
    `a URL cannot expire after ${expiresSeconds} seconds; use 1 to ${maximumExpirySeconds} (7 days)`,
  );
}

function checkBucket(bucket: string): void {
  // Without dots, no name can look like an IP address.
  if (/^[a-z0-9][a-z0-9-]{2,62}$/.test(bucket)) return;
  throw new ForgeError(
    'SIGN_INVALID',
    `the bucket name ${JSON.stringify(bucket)} is not allowed; use 3 to 63 lowercase letters, digits and hyphens, with a letter or digit first`,
  );
}

function checkKey(key: string): void {
  const fault = keyFault(key);
  if (fault !== undefined) throw new ForgeError('SIGN_INVALID', `the object key ${fault}`);
}

function keyFault(key: string): string | undefined {
  if (key === '') return 'is empty; give the name of the object';
  if (/\p{Cs}/u.test(key)) return 'is not valid Unicode; rename the object';
  if (Buffer.byteLength(key) > longestKeyBytes) return `is longer than ${longestKeyBytes} bytes; shorten it`;
  // HTTP clients resolve such a segment before they send it, even when it is percent-encoded.
  if (key.split('/').some((segment) => segment === '.' || segment === '..')) {
    return "has a segment '.' or '..', which no URL can carry; rename the object";
  }
  return undefined;
}

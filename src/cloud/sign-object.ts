import { ForgeError } from '../errors.js';
import { quoted } from '../quoted.js';
import type { Credentials } from './credentials.js';
import { maximumExpirySeconds, type SignatureVersion } from './presigned-url.js';

const longestKeyBytes = 1024;

/** What a URL may be used for. */
export type UrlMethod = 'GET' | 'PUT';

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

/** What a URL is signed for, and how. */
export interface SignatureChoice {
  /** `GET` when left out. */
  readonly method?: UrlMethod | undefined;
  /** `v4` when left out. */
  readonly signature?: SignatureVersion | undefined;
}

/** A URL that opens one object without further keys, and the moment from which it does not. */
export interface PresignedUrl {
  readonly url: string;
  readonly expiresAt: Date;
}

/**
 * Signs a URL with which anyone can GET or PUT one object until `expiresAt`: AWS Signature Version 4 or 2 in the query,
 * path-style. Nothing is sent, so neither the object nor the keys are proved to exist.
 *
 * @throws ForgeError `SIGN_INVALID` when a parameter is outside its range.
 */
export async function signObjectUrl(
  request: SigningContext & ObjectAddress & SignatureChoice,
): Promise<PresignedUrl> {
  const { bucket, key, expiresSeconds, now, method = 'GET', signature = 'v4' } = request;
  checkExpiry(expiresSeconds);
  checkBucket(bucket);
  checkKey(key);
  if (Number.isNaN(now.getTime())) throw new ForgeError('SIGN_INVALID', 'the date of signing is not a date');
  const path = `/${bucket}/${key.split('/').map(encodeSegment).join('/')}`;
  const signedSecond = Math.floor(now.getTime() / 1000);
  return {
    url: await sign(request, signature, method, path),
    expiresAt: new Date((signedSecond + expiresSeconds) * 1000),
  };
}

/** Each signer is loaded when it is used: that of version 4 takes longer to load than to sign. */
async function sign(
  context: SigningContext,
  version: SignatureVersion,
  method: UrlMethod,
  path: string,
): Promise<string> {
  if (version === 'v4') return (await import('./signature-v4.js')).signUrlV4(context, method, path);
  if (context.credentials.sessionToken !== undefined) {
    throw new ForgeError('SIGN_INVALID', 'temporary keys, with a session token, sign by v4 only; use v4');
  }
  return (await import('./signature-v2.js')).signUrlV2(context, method, path);
}

/** S3 wants every byte encoded but the unreserved ones; `encodeURIComponent` leaves five more alone. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Version 2 could live longer by its protocol; the documentation of the object storage allows no URL to. */
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
    `the bucket name ${quoted(bucket)} is not allowed; use 3 to 63 lowercase letters, digits and hyphens, with a letter or digit first`,
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

import { locateObject } from './located-object.js';
import { readSignedQuery, type SignedQuery } from './signed-query.js';

/**
 * The longest life of a pre-signed URL: 7 days. The rule is that of Signature Version 4; the documentation of the object
 * storage has it for all URLs.
 */
export const maximumExpirySeconds = 604_800;

/** The query form of AWS Signature Version 4 (`X-Amz-...`) or of Version 2 (`AWSAccessKeyId`, `Expires`, `Signature`). */
export type SignatureVersion = 'v4' | 'v2';

/** What a pre-signed URL says of itself. */
export interface PresignedUrlFacts {
  /** Out of the path, or of the host name of OUTSCALE's storage; undefined when there is none that can be read. */
  readonly bucket: string | undefined;
  /** Key of the object, decoded; undefined when there is none that can be read. */
  readonly key: string | undefined;
  /** Whether the query carries a signature. */
  readonly signed: boolean;
  /** The form of the signature; undefined without one. */
  readonly version: SignatureVersion | undefined;
  /** The region that it was signed for; only version 4 says. */
  readonly region: string | undefined;
  /** Whether temporary keys signed it: it then ends with them, which may be before `expiresAt`. */
  readonly temporary: boolean;
  /** The moment of signing; only version 4 says. */
  readonly signedAt: Date | undefined;
  /** The moment from which the URL stops working; undefined when it does not say. */
  readonly expiresAt: Date | undefined;
}

/**
 * Reads a URL signed by Signature Version 4 or 2. Nothing is sent and no signature is checked.
 */
export function readPresignedUrl(text: string): PresignedUrlFacts {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const query = url === undefined ? unsigned : readSignedQuery(url);
  const signed = query.version !== undefined && query.missing.every((name) => !name.endsWith('Signature'));
  return {
    ...objectOf(url),
    signed,
    version: signed ? versions[query.version] : undefined,
    region: query.version === 4 ? query.scope?.region : undefined,
    temporary: query.version !== undefined && query.temporary,
    signedAt: query.version === 4 ? query.signedAt : undefined,
    expiresAt: query.version === undefined ? undefined : query.expiresAt,
  };
}

const unsigned: SignedQuery = { version: undefined };
const versions = { 2: 'v2', 4: 'v4' } as const;

/** The bucket may be known without a key. */
function objectOf(url: URL | undefined): Pick<PresignedUrlFacts, 'bucket' | 'key'> {
  const object = url === undefined ? undefined : locateObject(url);
  if (object !== undefined) return { bucket: object.bucket, key: object.key };
  const [, bucket] = /^\/([^/]+)\/?$/.exec(url?.pathname ?? '') ?? [];
  return { bucket: decoded(bucket), key: undefined };
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

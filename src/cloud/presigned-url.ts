import { readSignedQuery } from './signed-query.js';

/**
 * The longest life of a pre-signed URL: 7 days. The rule is that of Signature Version 4; the documentation of the object
 * storage has it for all URLs.
 */
export const maximumExpirySeconds = 604_800;

/** The query form of AWS Signature Version 4 (`X-Amz-...`) or of Version 2 (`AWSAccessKeyId`, `Expires`, `Signature`). */
export type SignatureVersion = 'v4' | 'v2';

/** What a pre-signed URL says of itself. */
export interface PresignedUrlFacts {
  /** Undefined when the path has none that can be read. */
  readonly bucket: string | undefined;
  /** Key of the object: the path without the bucket, decoded; undefined when the path has no key that can be read. */
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
 * Reads a path-style URL (`https://host/bucket/key?...`) signed by Signature Version 4 or 2. Nothing is sent and
 * no signature is checked.
 */
export function readPresignedUrl(text: string): PresignedUrlFacts {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const parameters = url?.searchParams ?? new URLSearchParams();
  const version = parameters.has('X-Amz-Signature') ? 'v4' : parameters.has('Signature') ? 'v2' : undefined;
  const query = url === undefined ? undefined : readSignedQuery(url);
  return {
    ...objectOf(url?.pathname ?? ''),
    signed: version !== undefined,
    version,
    region: query?.version === 4 ? query.scope?.region : undefined,
    temporary: parameters.has('X-Amz-Security-Token') || parameters.has('x-amz-security-token'),
    signedAt: query?.version === 4 ? query.signedAt : undefined,
    expiresAt: query?.version === undefined ? undefined : query.expiresAt,
  };
}

function objectOf(pathname: string): Pick<PresignedUrlFacts, 'bucket' | 'key'> {
  const [, bucket, key] = /^\/([^/]+)(?:\/(.*))?$/s.exec(pathname) ?? [];
  return { bucket: decoded(bucket), key: decoded(key) };
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

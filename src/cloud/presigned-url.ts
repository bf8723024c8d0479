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
  const query = url?.searchParams ?? new URLSearchParams();
  const version = query.has('X-Amz-Signature') ? 'v4' : query.has('Signature') ? 'v2' : undefined;
  const signedAt = dateV4(query);
  return {
    ...objectOf(url?.pathname ?? ''),
    signed: version !== undefined,
    version,
    region: regionV4(query),
    temporary: query.has('X-Amz-Security-Token') || query.has('x-amz-security-token'),
    signedAt,
    expiresAt: expiryV4(query, signedAt) ?? expiryV2(query),
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

/** The credential is KEY/DATE/REGION/s3/aws4_request, where a key may have slashes too. */
function regionV4(query: URLSearchParams): string | undefined {
  const region = query.get('X-Amz-Credential')?.split('/').at(-3);
  return region === '' ? undefined : region;
}

function dateV4(query: URLSearchParams): Date | undefined {
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get('X-Amz-Date') ?? '');
  if (date === null) return undefined;
  const [, year, month, day, hour, minute, second] = date;
  return dateOrNothing(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`));
}

function expiryV4(query: URLSearchParams, signedAt: Date | undefined): Date | undefined {
  const seconds = query.get('X-Amz-Expires') ?? '';
  if (signedAt === undefined || !/^\d{1,9}$/.test(seconds)) return undefined;
  return dateOrNothing(signedAt.getTime() + Number(seconds) * 1000);
}

/** Signature Version 2 gives the moment itself, in seconds since 1970. */
function expiryV2(query: URLSearchParams): Date | undefined {
  const seconds = query.get('Expires') ?? '';
  return /^\d{1,12}$/.test(seconds) ? dateOrNothing(Number(seconds) * 1000) : undefined;
}

function dateOrNothing(milliseconds: number): Date | undefined {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The longest life of a pre-signed URL: 7 days, by the rules of Signature Version 4. */
export const maximumExpirySeconds = 604_800;

/** What a pre-signed URL says of itself. */
export interface PresignedUrlFacts {
  /** Key of the object: the path without the bucket, decoded; undefined when the path has no key that can be read. */
  readonly key: string | undefined;
  /** Whether the query carries a signature. */
  readonly signed: boolean;
  /** Whether temporary keys signed it: it then ends with them, which may be before `expiresAt`. */
  readonly temporary: boolean;
  /** The moment from which the URL stops working; undefined when it does not say. */
  readonly expiresAt: Date | undefined;
}

/**
 * Reads a path-style URL (`https://host/bucket/key?...`) signed by Signature Version 4 or 2. Nothing is sent and
 * no signature is checked.
 */
export function readPresignedUrl(text: string): PresignedUrlFacts {
  if (!URL.canParse(text)) return { key: undefined, signed: false, temporary: false, expiresAt: undefined };
  const { pathname, searchParams } = new URL(text);
  const signed = searchParams.has('X-Amz-Signature') || searchParams.has('Signature');
  const temporary = searchParams.has('X-Amz-Security-Token') || searchParams.has('x-amz-security-token');
  const expiresAt = expiryV4(searchParams) ?? expiryV2(searchParams);
  return { key: keyOf(pathname), signed, temporary, expiresAt };
}

function keyOf(pathname: string): string | undefined {
  const encoded = /^\/[^/]+\/(.+)$/.exec(pathname)?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

function expiryV4(query: URLSearchParams): Date | undefined {
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get('X-Amz-Date') ?? '');
  const seconds = query.get('X-Amz-Expires') ?? '';
  if (date === null || !/^\d{1,9}$/.test(seconds)) return undefined;
  const [, year, month, day, hour, minute, second] = date;
  return dateOrNothing(
    Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) + Number(seconds) * 1000,
  );
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

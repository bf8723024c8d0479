/** What a pre-signed URL says of its signature. No signature is checked. */
export type SignedQuery = UnsignedQuery | QueryV2 | QueryV4;

export interface UnsignedQuery {
  readonly version: undefined;
}

interface AnyVersion {
  /** Parameters that are not there, or empty. */
  readonly missing: readonly string[];
  /** Parameters of either version that are there more than once. */
  readonly repeated: readonly string[];
  /** Parameters of the other version. */
  readonly foreign: readonly string[];
  /** Whether the signature is of the form that all of its version have; not whether it is right. */
  readonly isSignatureWhole: boolean;
  /** Undefined when nothing says it that can be read. */
  readonly expiresAt: Date | undefined;
  /** Whether temporary keys signed it, which may end before the URL does. */
  readonly temporary: boolean;
}

/** `AWSAccessKeyId`, `Expires` (seconds since 1970) and `Signature`. */
export interface QueryV2 extends AnyVersion {
  readonly version: 2;
}

/** `X-Amz-Date`, `X-Amz-Expires` (seconds from then), `X-Amz-Credential` and three more. */
export interface QueryV4 extends AnyVersion {
  readonly version: 4;
  /** Undefined when it is missing or no date, as the next is when it is no number. */
  readonly signedAt: Date | undefined;
  readonly lifeSeconds: number | undefined;
  /** Undefined when it is missing, or not KEY/DATE/REGION/SERVICE/aws4_request. */
  readonly scope: SigningScope | undefined;
  readonly algorithm: string | undefined;
  /** Headers that a request has to have as they were when it was signed, in lower case. */
  readonly signedHeaders: readonly string[];
}

/** For what a signature of version 4 is good. */
export interface SigningScope {
  /** Such as 20260101. */
  readonly day: string;
  readonly region: string;
  readonly service: string;
}

const parametersV4 = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
];
const parametersV2 = ['AWSAccessKeyId', 'Expires', 'Signature'];

/** SHA-256 in hex (version 4), SHA-1 in Base64 (version 2). */
const signatureFormV4 = /^[0-9a-f]{64}$/;
const signatureFormV2 = /^[A-Za-z0-9+/]{27}=$/;

/** Reads the query of a URL as that of a pre-signed one. */
export function readSignedQuery({ searchParams }: URL): SignedQuery {
  if (parametersV4.some((name) => searchParams.has(name))) return readV4(searchParams);
  if (parametersV2.some((name) => searchParams.has(name))) return readV2(searchParams);
  return { version: undefined };
}

function readV2(query: URLSearchParams): QueryV2 {
  const seconds = query.get('Expires') ?? '';
  return {
    version: 2,
    ...anyVersion(query, parametersV2, parametersV4),
    isSignatureWhole: signatureFormV2.test(query.get('Signature') ?? ''),
    expiresAt: /^\d{1,12}$/.test(seconds) ? dateOrNothing(Number(seconds) * 1000) : undefined,
  };
}

function readV4(query: URLSearchParams): QueryV4 {
  const signedAt = dateOfSigning(query.get('X-Amz-Date') ?? '');
  const seconds = query.get('X-Amz-Expires') ?? '';
  const lifeSeconds = /^\d{1,12}$/.test(seconds) ? Number(seconds) : undefined;
  const isDated = signedAt !== undefined && lifeSeconds !== undefined;
  return {
    version: 4,
    ...anyVersion(query, parametersV4, parametersV2),
    isSignatureWhole: signatureFormV4.test(query.get('X-Amz-Signature') ?? ''),
    signedAt,
    lifeSeconds,
    expiresAt: isDated ? dateOrNothing(signedAt.getTime() + lifeSeconds * 1000) : undefined,
    scope: scopeOf(query.get('X-Amz-Credential') ?? ''),
    algorithm: query.get('X-Amz-Algorithm') ?? undefined,
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').toLowerCase().split(';').filter(Boolean),
  };
}

function anyVersion(query: URLSearchParams, own: readonly string[], other: readonly string[]) {
  const names = [...own, ...other];
  return {
    missing: own.filter((name) => (query.get(name) ?? '') === ''),
    repeated: names.filter((name) => query.getAll(name).length > 1),
    foreign: other.filter((name) => query.has(name)),
    temporary: [...query.keys()].some((name) => name.toLowerCase() === 'x-amz-security-token'),
  };
}

function dateOfSigning(text: string): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const date = dateOrNothing(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`));
  // Date.parse makes the second of March of the thirtieth of February.
  return date?.toISOString().replaceAll(/[-:]|\.\d+/g, '') === text ? date : undefined;
}

function scopeOf(credential: string): SigningScope | undefined {
  const [, day, region, service] = /^.+\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/.exec(credential) ?? [];
  return day === undefined || region === undefined || service === undefined
    ? undefined
    : { day, region, service };
}

function dateOrNothing(milliseconds: number): Date | undefined {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

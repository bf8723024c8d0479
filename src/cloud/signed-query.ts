/** What a pre-signed URL says of its signature. No signature is checked. */
export type SignedQuery = UnsignedQuery | QueryV2 | QueryV4;

export interface UnsignedQuery {
  readonly version: undefined;
}

/** `AWSAccessKeyId`, `Expires` (seconds since 1970) and `Signature`. */
export interface QueryV2 {
  readonly version: 2;
  /** Parameters that are not there. */
  readonly missing: readonly string[];
  /** Undefined when it is missing or no number. */
  readonly expiresAt: Date | undefined;
}

/** `X-Amz-Date`, `X-Amz-Expires` (seconds from then), `X-Amz-Credential` and three more. */
export interface QueryV4 {
  readonly version: 4;
  readonly missing: readonly string[];
  /** Undefined when it is missing or no date, as the next is when it is no number. */
  readonly signedAt: Date | undefined;
  readonly lifeSeconds: number | undefined;
  readonly expiresAt: Date | undefined;
  /** Undefined when it is missing, or not KEY/DATE/REGION/SERVICE/aws4_request. */
  readonly scope: SigningScope | undefined;
  readonly algorithm: string | undefined;
  /** Whether temporary keys signed it, which may end before the URL does. */
  readonly temporary: boolean;
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
    missing: missingOf(parametersV2, query),
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
    missing: missingOf(parametersV4, query),
    signedAt,
    lifeSeconds,
    expiresAt: isDated ? dateOrNothing(signedAt.getTime() + lifeSeconds * 1000) : undefined,
    scope: scopeOf(query.get('X-Amz-Credential') ?? ''),
    algorithm: query.get('X-Amz-Algorithm') ?? undefined,
    temporary: query.has('X-Amz-Security-Token'),
  };
}

function missingOf(names: readonly string[], query: URLSearchParams): readonly string[] {
  return names.filter((name) => (query.get(name) ?? '') === '');
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

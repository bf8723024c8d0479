import { type LocatedObject, locateObject, regionOfHost } from '../../cloud/located-object.js';
import { maximumExpirySeconds } from '../../cloud/presigned-url.js';
import { type QueryV2, type QueryV4, readSignedQuery, type SignedQuery } from '../../cloud/signed-query.js';
import { quotedHarmless, withoutSignature } from '../quoted.js';
import { isHttpUrl } from '../rules.js';
import type { Findings, Spot } from './findings.js';
import { origins } from './origins.js';

/** The moment at which URLs are judged, and what is asked of them. */
export interface UrlTerms {
  readonly now: Date;
  /** A URL that works for less is told of. */
  readonly leastLifeMs: number;
  /** Whether that is an error, because somebody has asked for it. */
  readonly isLifeDemanded: boolean;
}

/** What a URL says of itself, where it can be read. */
export interface UrlFacts {
  readonly object: LocatedObject | undefined;
  readonly expiresAt: Date | undefined;
  /** Whether it is an http or https URL at all. */
  readonly canBeAsked: boolean;
}

/** A date of signing may be so much ahead: the service refuses requests whose clocks differ by more. */
const clockSkewMs = 5 * 60_000;

/** Tries the rules for the URL of one disk. */
export function reviewUrl(
  spot: Spot,
  text: string,
  filename: string | undefined,
  terms: UrlTerms,
  findings: Findings,
): UrlFacts {
  if (!isHttpUrl(text)) {
    // Not shown: of a URL that is broken nobody knows where its signature is.
    const message = 'the URL is no http or https URL; write the pre-signed URL of the object';
    findings.error(spot, 'url', message, origins.all);
    return { object: undefined, expiresAt: undefined, canBeAsked: false };
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    const message =
      'the URL has a user name or a password before its host, which goes with no signature; take them out';
    findings.error(spot, 'url-user', message, origins.presigning);
  }
  if (url.protocol === 'http:') {
    const message = 'the URL begins with http:, so its signature can be read on the way; sign it for https:';
    findings.warning(spot, 'url-http', message, origins.c);
  }
  const object = locateObject(url);
  checkAddress(spot, url, object, filename, findings);
  const query = readSignedQuery(url);
  checkSignature(spot, { url, object, query }, terms, findings);
  const expiresAt = query.version === undefined ? undefined : query.expiresAt;
  return { object, expiresAt, canBeAsked: true };
}

function checkAddress(
  spot: Spot,
  url: URL,
  object: LocatedObject | undefined,
  filename: string | undefined,
  findings: Findings,
): void {
  if (object === undefined) {
    const message = `the URL ${quotedHarmless(`${url.origin}${url.pathname}`)} names no bucket and key; use https://HOST/BUCKET/KEY?SIGNATURE`;
    findings.error(spot, 'url-no-key', message, origins.presigning);
    return;
  }
  if (object.style === 'host') {
    const message =
      'the bucket is in the host name of the URL, the documentation has it in the path; sign it so';
    findings.warning(spot, 'url-host-style', message, origins.presigning);
  }
  if (!/^[a-z0-9][a-z0-9-]{2,62}$/.test(object.bucket)) {
    const message = `the bucket ${quotedHarmless(object.bucket)} of the URL cannot exist; it has 3 to 63 lowercase letters, digits and hyphens`;
    findings.warning(spot, 'url-bucket', message, origins.buckets);
  }
  if (filename !== undefined && filename !== '' && filename !== object.key) {
    const message = `the URL is of the object ${quotedHarmless(object.key)}, Filename is ${quotedHarmless(filename)}; check that they belong together`;
    findings.warning(spot, 'filename-key', message, origins.all);
  }
}

function checkSignature(
  spot: Spot,
  { url, object, query }: { url: URL; object: LocatedObject | undefined; query: SignedQuery },
  terms: UrlTerms,
  findings: Findings,
): void {
  if (query.version === undefined && object !== undefined && withoutSignature(object.key) !== object.key) {
    const message = 'the ? before the signature of the URL is missing; copy all of the URL, or sign again';
    findings.error(spot, 'url-incomplete', message, origins.presigning);
    return;
  }
  if (query.version === undefined) {
    const message =
      'the URL carries no signature; the import fails unless everybody may read the object, so pre-sign it';
    findings.warning(spot, 'url-unsigned', message, origins.presigning);
    return;
  }
  const origin = query.version === 4 ? origins.signatureV4 : origins.signatureV2;
  if (query.missing.length > 0) {
    const message = `the signature of the URL is not whole: ${query.missing.join(', ')} ${query.missing.length > 1 ? 'are' : 'is'} missing; copy all of the URL, or sign again`;
    findings.error(spot, 'url-incomplete', message, origin);
  }
  checkForm(spot, query, findings);
  if (query.version === 4) checkV4(spot, url, query, terms, findings);
  else checkV2(spot, url, query, terms, findings);
  checkLife(spot, query.expiresAt, terms, findings);
}

/** What has become of a signature while it was copied or put together. */
function checkForm(spot: Spot, query: QueryV2 | QueryV4, findings: Findings): void {
  const [name, origin] =
    query.version === 4 ? ['X-Amz-Signature', origins.signatureV4] : ['Signature', origins.signatureV2];
  const refuse = (code: string, message: string) => findings.error(spot, code, message, origin);
  if (!query.isSignatureWhole && !query.missing.includes(name)) {
    const form =
      query.version === 4 ? '64 hexadecimal digits' : '28 characters of Base64, in which a + stands as %2B';
    refuse('url-signature', `${name} of the URL is not ${form}; copy all of the URL, or sign again`);
  }
  if (query.repeated.length > 0) {
    refuse(
      'url-repeated',
      `the URL has ${query.repeated.join(', ')} more than once; copy it anew, or sign again`,
    );
  }
  if (query.foreign.length > 0) {
    refuse(
      'url-both-versions',
      `the URL has two kinds of signature (${query.foreign.join(', ')}); sign again`,
    );
  }
  if (query.temporary) {
    const message = 'temporary keys have signed the URL, and it ends with them; use lasting keys';
    findings.warning(spot, 'url-temporary-keys', message, origins.practice);
  }
}

function checkV2(spot: Spot, url: URL, query: QueryV2, { now }: UrlTerms, findings: Findings): void {
  if (query.expiresAt === undefined && !query.missing.includes('Expires')) {
    const message = 'Expires of the URL is no number of seconds since 1970; sign again';
    findings.error(spot, 'url-expires', message, origins.signatureV2);
  }
  const left = (query.expiresAt?.getTime() ?? 0) - now.getTime();
  if (left > maximumExpirySeconds * 1000 + clockSkewMs) {
    const message = `the URL is to work until ${dateText(query.expiresAt)}; the documentation knows 7 days at most, and ${url.hostname} may refuse it`;
    findings.warning(spot, 'url-long-life', message, origins.presigning);
  }
}

function checkV4(spot: Spot, url: URL, query: QueryV4, { now }: UrlTerms, findings: Findings): void {
  const refuse = (code: string, message: string) =>
    findings.error(spot, code, `${message}; sign again`, origins.signatureV4);
  const has = (name: string) => !query.missing.includes(name);
  if (has('X-Amz-Algorithm') && query.algorithm !== 'AWS4-HMAC-SHA256') {
    refuse('url-algorithm', 'X-Amz-Algorithm of the URL is not AWS4-HMAC-SHA256');
  }
  if (has('X-Amz-Date') && query.signedAt === undefined) {
    refuse('url-date', 'X-Amz-Date of the URL is no date such as 20260131T235959Z');
  }
  if (has('X-Amz-Expires') && query.lifeSeconds === undefined) {
    refuse('url-expires', 'X-Amz-Expires of the URL is no number of seconds');
  } else if (query.lifeSeconds !== undefined && !isAllowedLife(query.lifeSeconds)) {
    refuse(
      'url-life',
      `the URL is signed for ${query.lifeSeconds} seconds, allowed are 1 to ${maximumExpirySeconds} (7 days)`,
    );
  }
  if (has('X-Amz-Credential')) checkScope(spot, url, query, findings);
  if (query.signedAt !== undefined && query.signedAt.getTime() > now.getTime() + clockSkewMs) {
    const message = `the URL is signed for ${dateText(query.signedAt)}, which is still to come; check the clock of the machine that signed it`;
    findings.warning(spot, 'url-future', message, origins.signatures);
  }
  if (has('X-Amz-SignedHeaders')) checkHeaders(spot, query.signedHeaders, findings);
}

function checkHeaders(spot: Spot, headers: readonly string[], findings: Findings): void {
  const others = headers.filter((header) => header !== 'host');
  if (!headers.includes('host')) {
    const message = 'X-Amz-SignedHeaders of the URL lacks host, so the storage refuses it; sign again';
    findings.error(spot, 'url-headers', message, origins.signatureV4);
  } else if (others.length > 0) {
    const message = `the URL works only for requests with the header ${quotedHarmless(others.join(', '))}, which the import may not send; sign host alone`;
    findings.warning(spot, 'url-headers', message, origins.signatureV4);
  }
}

function isAllowedLife(seconds: number): boolean {
  return seconds >= 1 && seconds <= maximumExpirySeconds;
}

function checkScope(spot: Spot, url: URL, { scope, signedAt }: QueryV4, findings: Findings): void {
  if (scope === undefined) {
    const message = 'X-Amz-Credential of the URL is not KEY/DATE/REGION/s3/aws4_request; sign again';
    findings.error(spot, 'url-scope', message, origins.signatureV4);
    return;
  }
  const day = signedAt?.toISOString().slice(0, 10).replaceAll('-', '');
  if (scope.service !== 's3' || (day !== undefined && day !== scope.day)) {
    const message = `the URL is signed for the service ${quotedHarmless(scope.service)} on ${scope.day}; it has to be s3, on the day of X-Amz-Date: sign again`;
    findings.error(spot, 'url-scope', message, origins.signatureV4);
  }
  const region = regionOfHost(url);
  if (region !== undefined && region !== scope.region) {
    const message = `the URL is of the region ${quotedHarmless(region)} and signed for ${quotedHarmless(scope.region)}; sign it for the region of its host`;
    findings.warning(spot, 'url-region', message, origins.signatureV4);
  }
}

function checkLife(spot: Spot, expiresAt: Date | undefined, terms: UrlTerms, findings: Findings): void {
  if (expiresAt === undefined) return;
  const leftMs = expiresAt.getTime() - terms.now.getTime();
  if (leftMs <= 0) {
    const message = `the URL expired on ${dateText(expiresAt)}; sign it again, with 'omiforge manifest resign'`;
    findings.error(spot, 'url-expired', message, origins.presigning);
  } else if (leftMs < terms.leastLifeMs) {
    const hours = Math.round((terms.leastLifeMs / 3_600_000) * 100) / 100;
    const message = `the URL works until ${dateText(expiresAt)}, less than ${hours} hours; sign it again, with 'omiforge manifest resign'`;
    const severity = terms.isLifeDemanded ? 'error' : 'warning';
    findings[severity](spot, 'url-expires-soon', message, origins.queue);
  }
}

function dateText(date: Date | undefined): string {
  return date?.toISOString() ?? '';
}

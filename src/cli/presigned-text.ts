import { type PresignedUrlFacts, readPresignedUrl } from '../cloud/presigned-url.js';
import { redactUrl } from '../cloud/redact-url.js';
import { ForgeError } from '../errors.js';
import { inOneLine, quoted, withoutSignature } from '../manifest/quoted.js';
import type { ReviewFault } from '../manifest/review/review-fault.js';
import { reviewSingleUrl } from '../manifest/review/single-url.js';
import { longDurationText } from './durations.js';
import { alignRows } from './output.js';

/** What a URL says of itself, for people and for programs, without what opens the object. */
export interface UrlDescription {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/**
 * Says what a pre-signed URL says of itself.
 *
 * @throws ForgeError `ARGUMENT_INVALID` when it is no http or https URL
 */
export function describeUrl(text: string, now: Date): UrlDescription {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    throw new ForgeError(
      'ARGUMENT_INVALID',
      `${quoted(redactUrl(text))} is no http or https URL; give a whole one`,
    );
  }
  const facts = readPresignedUrl(text);
  const faults = reviewSingleUrl(text, now);
  const { expiresAt } = facts;
  const signature = signatureText(facts, faults);
  return {
    text: alignRows([...rowsOf(text, facts, signature, now), ...faultRows(faults)]).join('\n'),
    json: {
      url: redactUrl(text),
      bucket: facts.bucket === undefined ? null : withoutSignature(facts.bucket),
      key: facts.key === undefined ? null : withoutSignature(facts.key),
      signature: facts.version ?? null,
      region: facts.region ?? null,
      'temporary-keys': facts.temporary,
      'signed-at': facts.signedAt?.toISOString() ?? null,
      'expires-at': expiresAt?.toISOString() ?? null,
      expired: expiresAt === undefined ? null : expiresAt <= now,
      faults: faults.map(({ severity, code, message }) => ({ severity, code, message })),
    },
  };
}

type Row = readonly [label: string, value: string];

function signatureText({ version }: PresignedUrlFacts, faults: readonly ReviewFault[]): string {
  if (version !== undefined) return version;
  const isCut = faults.some(({ code }) => code === 'url-incomplete');
  return isCut ? 'not whole' : 'none: it opens public objects only';
}

/** Of these a row tells in other words. */
const toldInRows = new Set([
  'url-no-key',
  'url-unsigned',
  'url-temporary-keys',
  'url-future',
  'url-expired',
  'url-expires-soon',
]);

function faultRows(faults: readonly ReviewFault[]): readonly Row[] {
  return faults
    .filter(({ code }) => !toldInRows.has(code))
    .map(({ severity, message }) => [severity === 'error' ? 'wrong' : 'mind', message]);
}

function rowsOf(text: string, facts: PresignedUrlFacts, signature: string, now: Date): readonly Row[] {
  const { bucket, key, version, region, signedAt, expiresAt, temporary } = facts;
  const rows: Row[] = [
    ['storage', inOneLine(new URL(text).origin)],
    ['bucket', bucket === undefined ? 'not to be read from the URL' : inOneLine(withoutSignature(bucket))],
    ['key', key === undefined ? 'not to be read from the URL' : inOneLine(withoutSignature(key))],
    ['signature', signature],
  ];
  if (region !== undefined) rows.push(['region', inOneLine(region)]);
  if (temporary) rows.push(['keys', 'temporary: the URL ends when they do, which it does not say']);
  if (signedAt !== undefined) rows.push(['signed', signedText(signedAt, now)]);
  if (version !== undefined || expiresAt !== undefined) rows.push(['works', worksText(expiresAt, now)]);
  return rows;
}

function signedText(signedAt: Date, now: Date): string {
  const agoMs = now.getTime() - signedAt.getTime();
  if (agoMs >= 0) return `${signedAt.toISOString()}, ${longDurationText(agoMs)} ago`;
  return `${signedAt.toISOString()}, which is in the future: a clock is wrong, here or there`;
}

function worksText(expiresAt: Date | undefined, now: Date): string {
  if (expiresAt === undefined) return 'it does not say until when';
  const leftMs = expiresAt.getTime() - now.getTime();
  const moment = expiresAt.toISOString();
  if (leftMs > 0) return `until ${moment}, for ${longDurationText(leftMs)} more`;
  return `NO MORE: it expired on ${moment}, ${longDurationText(-leftMs)} ago`;
}

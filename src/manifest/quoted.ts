import { redactUrl } from '../cloud/redact-url.js';
import { inOneLine, quoted } from '../quoted.js';

export { inOneLine, quoted } from '../quoted.js';

/** Where the part of a URL begins that opens the object, also in a URL that lacks its question mark. */
const queryPart = /[?&]|X-Amz-|AWSAccessKeyId|(?:Signature|Credential|Security-?Token)(?:=|%3D)/i;

/** What may be a piece of a signature or of a key: 20 and more letters and digits in one go. */
const longRun = /(?=[A-Z%]*[0-9])[0-9A-Z%]{20,}/i;

/** A URL for a message, without what opens the object to whoever reads it. */
export function quotedUrl(text: string): string {
  return quoted(redactUrl(text));
}

/** A name that people may have mistaken for a URL: cut where the query of one would begin. */
export function withoutQuery(text: string): string {
  return cutAt(queryPart, text);
}

/** Text of which nobody knows what it is, in one line, without whatever may be a signature or a key in it. */
export function harmless(text: string): string {
  return inOneLine(cutAt(longRun, withoutQuery(text)));
}

/** {@link harmless}, between single quotes. */
export function quotedHarmless(text: string): string {
  return `'${harmless(text)}'`;
}

function cutAt(pattern: RegExp, text: string): string {
  const begin = text.search(pattern);
  return begin === -1 ? text : `${text.slice(0, begin)}...`;
}

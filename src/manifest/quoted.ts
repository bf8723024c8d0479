import { redactUrl } from '../cloud/redact-url.js';
import { inOneLine, quoted } from '../quoted.js';

export { inOneLine, quoted } from '../quoted.js';

/** Where what opens an object begins, also in a URL that lacks its question mark. */
const signaturePart = /[?&;]?(?:X-Amz-|AWSAccessKeyId|(?:Signature|Credential|Security-?Token)(?:=|%3D))/i;

/** What may be a piece of a signature or of a key: 20 and more letters and digits in one go, digits among them. */
const longRun = /[0-9A-Z%]{20,}/gi;

/** A URL for a message, without what opens the object to whoever reads it. */
export function quotedUrl(text: string): string {
  return quoted(redactUrl(text));
}

/** A name that people may have mistaken for a URL: cut where its signature would begin. */
export function withoutSignature(text: string): string {
  return cutAt(text.search(signaturePart), text);
}

/** Text of which nobody knows what it is, in one line, without whatever may be a signature or a key in it. */
export function harmless(text: string): string {
  const named = withoutSignature(text);
  const secret = [...named.matchAll(longRun)].find(([run]) => /[0-9]/.test(run));
  return inOneLine(cutAt(secret?.index ?? -1, named));
}

/** {@link harmless}, between single quotes. */
export function quotedHarmless(text: string): string {
  return `'${harmless(text)}'`;
}

function cutAt(begin: number, text: string): string {
  return begin === -1 ? text : `${text.slice(0, begin)}...`;
}

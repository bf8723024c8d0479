import { redactUrl } from '../cloud/redact-url.js';
import { quoted } from '../quoted.js';

export { inOneLine, quoted } from '../quoted.js';

/** A URL for a message, without what opens the object to whoever reads it. */
export function quotedUrl(text: string): string {
  return quoted(redactUrl(text));
}

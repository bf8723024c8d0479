import { ForgeError } from '../errors.js';
import { quoted } from '../quoted.js';
import { redactUrl } from './redact-url.js';
import type { ObjectAddress } from './sign-object.js';

/**
 * Reads `s3://BUCKET/KEY`. The key stands as it is, nothing in it is decoded, and it may begin with a slash of its own.
 *
 * @throws ForgeError `ARGUMENT_INVALID` when it is anything else
 */
export function parseObjectAddress(text: string): ObjectAddress {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/is.exec(text) ?? [];
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  // A pre-signed URL may have been given by mistake.
  throw new ForgeError('ARGUMENT_INVALID', `${quoted(redactUrl(text))} names no object; use s3://BUCKET/KEY`);
}

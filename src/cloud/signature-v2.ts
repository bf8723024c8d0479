import { createHmac } from 'node:crypto';
import { revealed } from './secret.js';
import type { SigningContext, UrlMethod } from './sign-object.js';

/**
 * Signs a URL by AWS Signature Version 2 in the query. `path` is percent-encoded already, and nothing is checked.
 *
 * @param resource bucket and key as they are signed; the path where it begins with the bucket
 */
export function signUrlV2(
  context: SigningContext,
  method: UrlMethod,
  path: string,
  resource: string = path,
): string {
  const { endpoint, credentials, expiresSeconds, now } = context;
  const expires = Math.floor(now.getTime() / 1000) + expiresSeconds;
  // Between method and moment stand Content-MD5 and Content-Type, which the URL promises not to be sent.
  const toSign = `${method}\n\n\n${expires}\n${resource}`;
  const signature = createHmac('sha1', revealed(credentials.secretKey)).update(toSign).digest('base64');
  const query = [
    `AWSAccessKeyId=${encodeURIComponent(credentials.accessKey)}`,
    `Expires=${expires}`,
    `Signature=${encodeURIComponent(signature)}`,
  ];
  return `${endpoint.origin}${path}?${query.join('&')}`;
}

import { Hash } from '@smithy/hash-node';
import { HttpRequest } from '@smithy/protocol-http';
import { getCanonicalQuery, SignatureV4 } from '@smithy/signature-v4';
import { revealed } from './secret.js';
import type { SigningContext, UrlMethod } from './sign-object.js';

/** Signs a URL by AWS Signature Version 4 in the query. `path` is percent-encoded already, and nothing is checked. */
export async function signUrlV4(context: SigningContext, method: UrlMethod, path: string): Promise<string> {
  const { endpoint, region, credentials, expiresSeconds, now } = context;
  const { accessKey, secretKey, sessionToken } = credentials;
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials: {
      accessKeyId: accessKey,
      secretAccessKey: revealed(secretKey),
      ...(sessionToken === undefined ? {} : { sessionToken: revealed(sessionToken) }),
    },
    sha256: Hash.bind(null, 'sha256'),
    uriEscapePath: false, // S3 signs the path as it is sent; other services encode it once more
    applyChecksum: false,
  });
  // The signer takes the payload hash from a header, which it would move into the query or sign. Kept out of
  // both, the URL is the standard one: whoever uses it has no header to send and no parameter is foreign.
  const payloadHash = new Set(['x-amz-content-sha256']);
  const request = new HttpRequest({
    method,
    path,
    headers: { host: endpoint.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  });
  const signed = await signer.presign(request, {
    signingDate: now,
    expiresIn: expiresSeconds,
    unhoistableHeaders: payloadHash,
    unsignableHeaders: payloadHash,
  });
  // The canonical query is what was signed, in its own encoding, and lacks the signature alone.
  const signature = String(signed.query?.['X-Amz-Signature']);
  return `${endpoint.origin}${path}?${getCanonicalQuery(signed)}&X-Amz-Signature=${signature}`;
}

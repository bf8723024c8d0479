import { createHash, createHmac } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import type { Credentials } from '../../src/cloud/credentials.js';
import { maximumExpirySeconds, readPresignedUrl } from '../../src/cloud/presigned-url.js';
import { Secret } from '../../src/cloud/secret.js';
import { signObjectUrl } from '../../src/cloud/sign-object.js';
import { signUrlV2 } from '../../src/cloud/signature-v2.js';
import { signUrlV4 } from '../../src/cloud/signature-v4.js';
import { ForgeError } from '../../src/errors.js';

// Example keys of the public documentation of Signature Version 4; they open nothing.
const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const credentials: Credentials = { accessKey: 'AKIAIOSFODNN7EXAMPLE', secretKey };

const example = {
  endpoint: new URL('https://examplebucket.s3.amazonaws.com'),
  region: 'us-east-1',
  credentials,
  expiresSeconds: 86_400,
  now: new Date('2013-05-24T00:00:00Z'),
};

const publishedUrl =
  'https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256' +
  '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
  '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
  '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';

const request = {
  endpoint: new URL('http://127.0.0.1:7480'),
  bucket: 'my-images',
  key: 'import/disk.qcow2.gz',
  region: 'eu-west-2',
  credentials,
  expiresSeconds: maximumExpirySeconds,
  now: new Date('2026-03-01T12:34:56.789Z'),
};

/** What a server does: recomputes the signature from the URL alone and the secret that it knows. */
function expectedSignature(url: string, secret: string, method = 'GET'): string {
  const [, host = '', path = '', query = ''] = /^https?:\/\/([^/]+)(\/[^?]*)\?(.*)$/.exec(url) ?? [];
  const pairs = query.split('&').map((pair) => pair.split('=').map((part) => decodeURIComponent(part)));
  const value = (name: string) => pairs.find(([key]) => key === name)?.[1] ?? '';
  const canonicalQuery = pairs
    .filter(([key]) => key !== 'X-Amz-Signature')
    .map((pair) => pair.map(encodeBytes).join('='))
    .sort()
    .join('&');
  const canonicalPath = path.split('/').map((segment) => encodeBytes(decodeURIComponent(segment)));
  const canonical = [
    method,
    canonicalPath.join('/'),
    canonicalQuery,
    `host:${host}`,
    '',
    'host',
    'UNSIGNED-PAYLOAD',
  ];
  const [, ...scope] = value('X-Amz-Credential').split('/');
  const hash = createHash('sha256').update(canonical.join('\n')).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', value('X-Amz-Date'), scope.join('/'), hash].join('\n');
  const signingKey = scope.reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secret}`));
  return hmac(signingKey, toSign).toString('hex');
}

/** The same for version 2, which signs the path as it was sent. */
function expectedSignatureV2(url: string, secret: string, method = 'GET'): string {
  const [, path = '', expires = ''] = /^https?:\/\/[^/]+(\/[^?]*)\?.*&Expires=(\d+)&/.exec(url) ?? [];
  return createHmac('sha1', secret).update([method, '', '', expires, path].join('\n')).digest('base64');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function encodeBytes(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => String.fromCharCode(byte))
    .map((byte) =>
      /[A-Za-z0-9._~-]/.test(byte) ? byte : `%${Buffer.from(byte, 'latin1').toString('hex').toUpperCase()}`,
    )
    .join('');
}

function signatureOf(url: string): string {
  return /&X-Amz-Signature=([0-9a-f]{64})$/.exec(url)?.[1] ?? '';
}

test('the published example comes out byte for byte', async (t) => {
  t.is(await signUrlV4(example, 'GET', '/test.txt'), publishedUrl);
});

test('the verifier of these tests agrees with the published example, and with no other secret', (t) => {
  t.is(expectedSignature(publishedUrl, secretKey), signatureOf(publishedUrl));
  t.not(expectedSignature(publishedUrl, `${secretKey}x`), signatureOf(publishedUrl));
});

// All published examples of Signature Version 2 in a query: key, secret, moment, path, resource, signature.
const published: readonly (readonly [string, string, number, string, string, string])[] = [
  [
    'AKIAIOSFODNN7EXAMPLE',
    secretKey,
    1_175_139_620,
    '/photos/puppy.jpg',
    '/johnsmith/photos/puppy.jpg',
    'NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D',
  ],
  [
    '0PN5J17HBGZHT7JJ3X82',
    'uV3F3YluFJax1cknvbcGwgjvx4QpvB+leU8dUj2o',
    1_175_139_620,
    '/photos/puppy.jpg',
    '/johnsmith/photos/puppy.jpg',
    'rucSbH0yNEcP9oM2XNlouVI3BH4%3D',
  ],
  [
    '44CF9590006BF252F707',
    'OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV',
    1_141_889_120,
    '/quotes/nelson',
    '/quotes/nelson',
    'vjbyPxybdZaNmGa%2ByT272YEAiv4%3D',
  ],
];

for (const [accessKey, secret, expires, path, resource, signature] of published) {
  test(`version 2: the published example of ${accessKey} comes out`, (t) => {
    const context = {
      ...example,
      credentials: { accessKey, secretKey: secret },
      now: new Date((expires - 60) * 1000),
      expiresSeconds: 60,
    };
    t.is(
      signUrlV2(context, 'GET', path, resource),
      `https://examplebucket.s3.amazonaws.com${path}?AWSAccessKeyId=${accessKey}&Expires=${expires}&Signature=${signature}`,
    );
  });
}

test('version 2: the URL is path-style, with its three parameters and a moment in whole seconds', async (t) => {
  const { url, expiresAt } = await signObjectUrl({ ...request, signature: 'v2' });
  t.true(url.startsWith('http://127.0.0.1:7480/my-images/import/disk.qcow2.gz?'), url);
  const query = new URL(url).searchParams;
  t.deepEqual([...query.keys()], ['AWSAccessKeyId', 'Expires', 'Signature']);
  t.is(query.get('Signature'), expectedSignatureV2(url, secretKey));
  t.is(expiresAt.toISOString(), '2026-03-08T12:34:56.000Z');
  t.is(Number(query.get('Expires')) * 1000, expiresAt.getTime());
});

test('the method is signed, in both versions', async (t) => {
  const put = await signObjectUrl({ ...request, method: 'PUT' });
  t.is(signatureOf(put.url), expectedSignature(put.url, secretKey, 'PUT'));
  t.not(signatureOf(put.url), expectedSignature(put.url, secretKey));
  const older = await signObjectUrl({ ...request, method: 'PUT', signature: 'v2' });
  const signature = new URL(older.url).searchParams.get('Signature');
  t.is(signature, expectedSignatureV2(older.url, secretKey, 'PUT'));
  t.not(signature, expectedSignatureV2(older.url, secretKey));
});

test('wrapped secrets sign as plain ones', async (t) => {
  for (const signature of ['v4', 'v2'] as const) {
    const plain = await signObjectUrl({ ...request, signature });
    const wrapped = { accessKey: credentials.accessKey, secretKey: new Secret(secretKey) };
    t.deepEqual(await signObjectUrl({ ...request, signature, credentials: wrapped }), plain);
  }
});

test('temporary keys are refused for version 2, without telling the token', async (t) => {
  const temporary = { ...credentials, sessionToken: 'hidden-token' };
  const error = await t.throwsAsync(signObjectUrl({ ...request, credentials: temporary, signature: 'v2' }), {
    instanceOf: ForgeError,
  });
  t.is(error.code, 'SIGN_INVALID');
  t.regex(error.message, /temporary keys.*use v4/);
  t.false(error.message.includes('hidden'));
});

test('the URL is path-style, signs the port, and carries the standard parameters alone', async (t) => {
  const { url, expiresAt } = await signObjectUrl(request);
  t.true(url.startsWith('http://127.0.0.1:7480/my-images/import/disk.qcow2.gz?'), url);
  t.deepEqual(
    [...new URL(url).searchParams.keys()],
    [
      'X-Amz-Algorithm',
      'X-Amz-Credential',
      'X-Amz-Date',
      'X-Amz-Expires',
      'X-Amz-SignedHeaders',
      'X-Amz-Signature',
    ],
  );
  t.is(signatureOf(url), expectedSignature(url, secretKey));
  t.not(signatureOf(url), expectedSignature(url.replace(':7480', ''), secretKey));
  // The date of a signature has no milliseconds.
  t.is(expiresAt.toISOString(), '2026-03-08T12:34:56.000Z');
});

test('a session token is part of what is signed', async (t) => {
  const sessionToken = 'token/with+odd=characters';
  const { url } = await signObjectUrl({ ...request, credentials: { ...credentials, sessionToken } });
  t.is(new URL(url).searchParams.get('X-Amz-Security-Token'), sessionToken);
  t.is(signatureOf(url), expectedSignature(url, secretKey));
  t.not(signatureOf(url), expectedSignature(url.replace('token%2F', 'other%2F'), secretKey));
});

const oddCharacters = [...' +%#?&=/;:@,$!\'()*~_-.\\^`"<>{}[]|aZ09\té日🙂', '\u0301', '%2F', '//', '\n'];
const keys = fc
  .string({ unit: fc.constantFrom(...oddCharacters), minLength: 1, maxLength: 60 })
  .filter((key) => !key.split('/').some((segment) => segment === '.' || segment === '..'));

test('any key is signed as a server computes it, and is read back from the URL', async (t) => {
  const everyKey = fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: maximumExpirySeconds }), async (key, expiresSeconds) => {
      const { url, expiresAt } = await signObjectUrl({ ...request, key, expiresSeconds });
      const facts = readPresignedUrl(url);
      return (
        signatureOf(url) === expectedSignature(url, secretKey) &&
        new URL(url).href === url && // no client rewrites it before sending
        facts.bucket === request.bucket &&
        facts.key === key &&
        facts.expiresAt?.getTime() === expiresAt.getTime()
      );
    }),
    { numRuns: 300 },
  );
  await t.notThrowsAsync(everyKey);
});

test('version 2: any key is signed as a server computes it, and is read back from the URL', async (t) => {
  const everyKey = fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: maximumExpirySeconds }), async (key, expiresSeconds) => {
      const signed = await signObjectUrl({ ...request, key, expiresSeconds, signature: 'v2' });
      const facts = readPresignedUrl(signed.url);
      return (
        new URL(signed.url).searchParams.get('Signature') === expectedSignatureV2(signed.url, secretKey) &&
        new URL(signed.url).href === signed.url &&
        facts.version === 'v2' &&
        facts.key === key &&
        facts.expiresAt?.getTime() === signed.expiresAt.getTime()
      );
    }),
    { numRuns: 300 },
  );
  await t.notThrowsAsync(everyKey);
});

const refused = [
  ...[0, -1, 1.5, maximumExpirySeconds + 1, Number.NaN, Number.POSITIVE_INFINITY].map((expiresSeconds) => ({
    expiresSeconds,
  })),
  ...['ab', 'a'.repeat(64), 'My-images', 'my_images', 'my.images', '192.168.1.1', '-images', 'a/b', ''].map(
    (bucket) => ({
      bucket,
    }),
  ),
  ...['', '.', '..', 'a/../b', 'a/.', './a', 'k'.repeat(1025), 'é'.repeat(513), 'lone \uD800'].map((key) => ({
    key,
  })),
  { now: new Date(Number.NaN) },
];

for (const [index, fault] of refused.entries()) {
  test(`refused, case ${index}: ${JSON.stringify(fault).slice(0, 60)}`, async (t) => {
    for (const signature of ['v4', 'v2'] as const) {
      const error = await t.throwsAsync(signObjectUrl({ ...request, ...fault, signature }), {
        instanceOf: ForgeError,
      });
      t.is(error.code, 'SIGN_INVALID');
      t.false(error.message.includes('\n'));
    }
  });
}

test('the limits themselves are taken', async (t) => {
  for (const limit of [
    { expiresSeconds: 1 },
    { expiresSeconds: 604_800 },
    { bucket: 'a1b' },
    { bucket: '1'.repeat(63) },
    { key: 'k'.repeat(1024) },
    { key: 'a/.../b..c/.d' },
  ]) {
    const { url } = await signObjectUrl({ ...request, ...limit });
    t.is(signatureOf(url), expectedSignature(url, secretKey));
  }
});

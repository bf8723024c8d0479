import { createHash, createHmac } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import type { Credentials } from '../../src/cloud/credentials.js';
import { presignGetUrl, signGetUrl } from '../../src/cloud/presign.js';
import { maximumExpirySeconds, readPresignedUrl } from '../../src/cloud/presigned-url.js';
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
function expectedSignature(url: string, secret: string): string {
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
    'GET',
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
  t.is(await signGetUrl(example, '/test.txt'), publishedUrl);
});

test('the verifier of these tests agrees with the published example, and with no other secret', (t) => {
  t.is(expectedSignature(publishedUrl, secretKey), signatureOf(publishedUrl));
  t.not(expectedSignature(publishedUrl, `${secretKey}x`), signatureOf(publishedUrl));
});

test('the URL is path-style, signs the port, and carries the standard parameters alone', async (t) => {
  const { url, expiresAt } = await presignGetUrl(request);
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
  const { url } = await presignGetUrl({ ...request, credentials: { ...credentials, sessionToken } });
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
      const { url, expiresAt } = await presignGetUrl({ ...request, key, expiresSeconds });
      const facts = readPresignedUrl(url);
      return (
        signatureOf(url) === expectedSignature(url, secretKey) &&
        new URL(url).href === url && // no client rewrites it before sending
        facts.key === key &&
        facts.expiresAt?.getTime() === expiresAt.getTime()
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
    const error = await t.throwsAsync(presignGetUrl({ ...request, ...fault }), { instanceOf: ForgeError });
    t.is(error.code, 'SIGN_INVALID');
    t.false(error.message.includes('\n'));
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
    const { url } = await presignGetUrl({ ...request, ...limit });
    t.is(signatureOf(url), expectedSignature(url, secretKey));
  }
});

import test from 'ava';
import { locateObject } from '../../src/cloud/located-object.js';
import { signObjectUrl } from '../../src/cloud/sign-object.js';
import { readSignedQuery } from '../../src/cloud/signed-query.js';

const query = (text: string) => readSignedQuery(new URL(`https://h.example/b/k?${text}`));

test('what is signed here reads as a whole signature of version 4', async (t) => {
  const { url, expiresAt } = await signObjectUrl({
    bucket: 'my-images',
    key: 'a b/disk+1.raw',
    endpoint: new URL('https://oos.eu-west-2.outscale.com'),
    region: 'eu-west-2',
    credentials: { accessKey: 'AK', secretKey: 'SK' },
    expiresSeconds: 3600,
    now: new Date('2026-01-01T00:00:00Z'),
  });
  t.deepEqual(readSignedQuery(new URL(url)), {
    version: 4,
    missing: [],
    signedAt: new Date('2026-01-01T00:00:00Z'),
    lifeSeconds: 3600,
    expiresAt,
    scope: { day: '20260101', region: 'eu-west-2', service: 's3' },
    algorithm: 'AWS4-HMAC-SHA256',
    temporary: false,
    repeated: [],
    foreign: [],
    isSignatureWhole: true,
    signedHeaders: ['host'],
  });
  t.deepEqual(locateObject(new URL(url)), {
    style: 'path',
    bucket: 'my-images',
    key: 'a b/disk+1.raw',
    region: 'eu-west-2',
  });
});

test('a signature of version 2', (t) => {
  t.deepEqual(query('AWSAccessKeyId=AK&Expires=1767225600&Signature=abcdefghi%2Bklmnopqrst%2Fvwxyz1%3D'), {
    version: 2,
    missing: [],
    repeated: [],
    foreign: [],
    isSignatureWhole: true,
    temporary: false,
    expiresAt: new Date('2026-01-01T00:00:00Z'),
  });
  t.like(query('Signature=abc&Expires=&X-AMZ-Security-Token=t&Signature=d'), {
    version: 2,
    missing: ['AWSAccessKeyId', 'Expires'],
    repeated: ['Signature'],
    isSignatureWhole: false,
    temporary: true,
    expiresAt: undefined,
  });
});

test('no signature at all', (t) => {
  t.deepEqual(query('versionId=1'), { version: undefined });
});

for (const date of [
  '20260230T000000Z',
  '20261301T000000Z',
  '20260101T240000Z',
  '20260101',
  '2026-01-01T00:00:00Z',
  '',
]) {
  test(`'${date}' is no date of signing`, (t) => {
    t.like(query(`X-Amz-Date=${date}&X-Amz-Expires=60`), { signedAt: undefined, expiresAt: undefined });
  });
}

for (const scope of [
  'AK',
  'AK/20260101/eu-west-2/s3',
  '/20260101/eu-west-2/s3/aws4_request',
  'AK/today/eu-west-2/s3/aws4_request',
]) {
  test(`'${scope}' is no scope`, (t) => {
    t.like(query(`X-Amz-Credential=${encodeURIComponent(scope)}`), { scope: undefined });
  });
}

const located: ReadonlyArray<readonly [url: string, found: object | undefined]> = [
  [
    'https://oos.eu-west-2.outscale.com/b/k/l',
    { style: 'path', bucket: 'b', key: 'k/l', region: 'eu-west-2' },
  ],
  [
    'https://my.bucket.oos.us-east-2.outscale.com/k/l',
    { style: 'host', bucket: 'my.bucket', key: 'k/l', region: 'us-east-2' },
  ],
  ['http://127.0.0.1:9000/b/k%20l', { style: 'path', bucket: 'b', key: 'k l', region: undefined }],
  ['https://oos.eu-west-2.outscale.com/SNAPSHOT_URL', undefined],
  ['https://b.oos.eu-west-2.outscale.com/', undefined],
  ['https://h.example/b/', undefined],
  ['https://h.example/b/bad%E0%A4escape', undefined],
];

for (const [url, found] of located) {
  test(`the object of ${url}`, (t) => {
    t.deepEqual(locateObject(new URL(url)), found);
  });
}

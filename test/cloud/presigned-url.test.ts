import test from 'ava';
import { readPresignedUrl } from '../../src/cloud/presigned-url.js';

test('a URL of Signature Version 2 gives the moment of its end', (t) => {
  const url = 'https://h.example/b/a%20b/disk+1.raw?AWSAccessKeyId=AK&Expires=1767225600&Signature=abc%3D';
  t.deepEqual(readPresignedUrl(url), {
    bucket: 'b',
    key: 'a b/disk+1.raw',
    signed: true,
    version: 'v2',
    region: undefined,
    temporary: false,
    signedAt: undefined,
    expiresAt: new Date('2026-01-01T00:00:00Z'),
  });
});

test('a URL of Signature Version 4 gives region, date and life, and tells of temporary keys', (t) => {
  const url =
    'https://h.example/b/disk.raw?X-Amz-Date=20251231T235900Z&X-Amz-Expires=60&X-Amz-Signature=00&X-Amz-Security-Token=t' +
    '&X-Amz-Credential=A%2FK%2F20251231%2Feu-west-2%2Fs3%2Faws4_request';
  t.deepEqual(readPresignedUrl(url), {
    bucket: 'b',
    key: 'disk.raw',
    signed: true,
    version: 'v4',
    region: 'eu-west-2',
    temporary: true,
    signedAt: new Date('2025-12-31T23:59:00Z'),
    expiresAt: new Date('2026-01-01T00:00:00Z'),
  });
});

test('a URL without a signature has a bucket and a key all the same', (t) => {
  const facts = readPresignedUrl('https://h.example/b//folder/');
  t.like(facts, { bucket: 'b', key: '/folder/', signed: false, version: undefined });
});

for (const url of [
  'nonsense',
  'https://h.example',
  'https://h.example/',
  'https://h.example/bucket',
  'https://h.example/bucket/',
  'https://h.example/bucket/bad%E0%A4escape',
]) {
  test(`no key can be read from ${url}`, (t) => {
    t.is(readPresignedUrl(url).key, undefined);
  });
}

for (const query of [
  '',
  'X-Amz-Date=20251331T000000Z&X-Amz-Expires=60',
  'X-Amz-Date=20251231T000000Z',
  'X-Amz-Date=20251231T000000Z&X-Amz-Expires=soon',
  'Expires=never',
]) {
  test(`no moment can be read from '${query}'`, (t) => {
    t.is(readPresignedUrl(`https://h.example/b/k?${query}`).expiresAt, undefined);
  });
}

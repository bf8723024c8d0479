import test from 'ava';
import { readPresignedUrl } from '../../src/cloud/presigned-url.js';

test('a URL of Signature Version 2 gives the moment of its end', (t) => {
  const url = 'https://h.example/b/a%20b/disk+1.raw?AWSAccessKeyId=AK&Expires=1767225600&Signature=abc%3D';
  t.deepEqual(readPresignedUrl(url), {
    key: 'a b/disk+1.raw',
    signed: true,
    temporary: false,
    expiresAt: new Date('2026-01-01T00:00:00Z'),
  });
});

test('a URL of Signature Version 4 gives date and life, and tells of temporary keys', (t) => {
  const url =
    'https://h.example/b/disk.raw?X-Amz-Date=20251231T235900Z&X-Amz-Expires=60&X-Amz-Signature=00&X-Amz-Security-Token=t';
  t.deepEqual(readPresignedUrl(url), {
    key: 'disk.raw',
    signed: true,
    temporary: true,
    expiresAt: new Date('2026-01-01T00:00:00Z'),
  });
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

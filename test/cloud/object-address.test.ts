import test from 'ava';
import { parseObjectAddress } from '../../src/cloud/object-address.js';
import { ForgeError } from '../../src/errors.js';

const taken: readonly (readonly [string, string, string])[] = [
  ['s3://b/k', 'b', 'k'],
  ['S3://my-images/import/disk 1+2%20.qcow2.gz', 'my-images', 'import/disk 1+2%20.qcow2.gz'],
  ['s3://b//k//', 'b', '/k//'],
  ['s3://b/disque-été?#&=日', 'b', 'disque-été?#&=日'],
  ['s3://b/two\nlines', 'b', 'two\nlines'],
];

for (const [text, bucket, key] of taken) {
  test(`${JSON.stringify(text)} is the key ${JSON.stringify(key)}`, (t) => {
    t.deepEqual(parseObjectAddress(text), { bucket, key });
  });
}

for (const text of ['', 'disk.raw', 's3:', 's3://', 's3://b', 's3://b/', 's3:///k', 's3:/b/k', ' s3://b/k']) {
  test(`${JSON.stringify(text)} names no object`, (t) => {
    const error = t.throws(() => parseObjectAddress(text), { instanceOf: ForgeError });
    t.is(error.code, 'ARGUMENT_INVALID');
  });
}

test('a URL that was given by mistake is not told', (t) => {
  const url = 'https://h.example/b/k?AWSAccessKeyId=hidden&Signature=hidden';
  const error = t.throws(() => parseObjectAddress(url), { instanceOf: ForgeError });
  t.is(error.message, "'https://h.example/b/k?...' names no object; use s3://BUCKET/KEY");
});

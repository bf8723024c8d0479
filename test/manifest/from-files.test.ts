import test from 'ava';
import { ForgeError } from '../../src/errors.js';
import { createManifest, type ImageFacts, type ReadImageFacts } from '../../src/manifest/from-files.js';
import { secretV2 } from '../helpers/manifest-text.js';

const gib = 1024 ** 3;
const now = new Date('2026-03-01T00:00:00Z');
const environment = { OSC_ACCESS_KEY: 'access', OSC_SECRET_KEY: 'top-secret', OSC_REGION: 'us-east-2' };

const images: Readonly<Record<string, ImageFacts>> = {
  '/images/root.qcow2.gz': {
    format: 'qcow2',
    container: 'gz',
    virtualSizeBytes: 10 * gib,
    fileLengthBytes: 1234,
  },
  '/images/data.raw': {
    format: 'raw',
    container: 'plain',
    virtualSizeBytes: 2 * gib,
    fileLengthBytes: 2 * gib,
  },
  '/other/data.raw': { format: 'raw', container: 'plain', virtualSizeBytes: gib, fileLengthBytes: gib },
  '/images/backed.qcow2': {
    format: 'qcow2',
    container: 'plain',
    virtualSizeBytes: gib,
    fileLengthBytes: 99,
    refusal: { code: 'QCOW2_EXTERNAL_FILE', message: 'names the backing file x' },
  },
};

const readFacts: ReadImageFacts = async (path) => {
  const facts = images[path];
  if (facts === undefined) throw new ForgeError('IO_NOT_FOUND', 'no such file', { path });
  return facts;
};

const neverRead: ReadImageFacts = async (path) => {
  throw new Error(`${path} was read too early`);
};

test('sizes come from the files, keys from their names, URLs from the signature', async (t) => {
  const { manifest, warnings, urlsExpireAt } = await createManifest(
    {
      name: 'debian-13',
      files: ['/images/root.qcow2.gz', { path: '/images/data.raw', volumeType: 'io1', iops: 600 }],
      presign: { bucket: 'my-images', prefix: '/import/2026/' },
      environment,
      now,
    },
    readFacts,
  );
  const [root, data] = manifest.Image.Snapshots;
  t.like(root, {
    Filename: 'import/2026/root.qcow2.gz',
    CompressedSize: 1234,
    Size: 10 * gib,
    Device: '/dev/sda1',
  });
  t.like(data, { Filename: 'import/2026/data.raw', CompressedSize: 2 * gib, VolumeType: 'io1', Iops: 600 });
  t.regex(
    data?.PreSignedUrl ?? '',
    /^https:\/\/oos\.us-east-2\.outscale\.com\/my-images\/import\/2026\/data\.raw\?.*us-east-2.*X-Amz-Expires=604800&/,
  );
  t.deepEqual(warnings, []);
  t.is(urlsExpireAt?.toISOString(), '2026-03-08T00:00:00.000Z');
  t.false(JSON.stringify(manifest).includes('top-secret'));
});

test('options of the target win over the environment', async (t) => {
  const { manifest, warnings, urlsExpireAt } = await createManifest(
    {
      name: 'name',
      files: ['/images/data.raw'],
      presign: {
        bucket: 'my-images',
        region: 'eu-west-2',
        endpoint: 'http://127.0.0.1:7480',
        expiresSeconds: 3600,
        credentials: { accessKey: 'mine', secretKey: 'secret', sessionToken: 'token' },
      },
      environment,
      now,
    },
    readFacts,
  );
  t.regex(
    manifest.Image.Snapshots[0]?.PreSignedUrl ?? '',
    /^http:\/\/127\.0\.0\.1:7480\/my-images\/data\.raw\?.*Credential=mine%2F20260301%2Feu-west-2%2F/,
  );
  t.is(urlsExpireAt?.toISOString(), '2026-03-01T01:00:00.000Z');
  const told = [
    /begins with http:/,
    /temporary keys/,
    /works until 2026-03-01T01:00:00\.000Z, less than 2 hours/,
  ];
  t.is(warnings.length, told.length);
  for (const [index, text] of told.entries()) t.regex(warnings[index] ?? '', text);
});

test('given URLs are taken as they are, with the key and the end that they name', async (t) => {
  const signed = `https://h.example/my-images/import/my%20data.raw?AWSAccessKeyId=AK&Expires=1772409600&Signature=${secretV2}`;
  const { manifest, warnings, urlsExpireAt } = await createManifest(
    { name: 'name', files: ['/images/data.raw'], urls: [signed], environment: {}, now },
    readFacts,
  );
  t.like(manifest.Image.Snapshots[0], { Filename: 'import/my data.raw', PreSignedUrl: signed });
  t.is(urlsExpireAt?.toISOString(), '2026-03-02T00:00:00.000Z');
  t.is(warnings.length, 1);
  t.regex(warnings[0] ?? '', /^disk 1 \(import\/my data\.raw\): .* 'data\.raw' have different names/);
});

test('an unsigned URL and a name of another format are warned of', async (t) => {
  const { warnings, urlsExpireAt } = await createManifest(
    { name: 'name', files: ['/images/data.raw'], urls: ['https://h.example/b/data.img'], now },
    readFacts,
  );
  t.is(warnings.length, 4);
  t.regex(warnings[1] ?? '', /does not end in \.raw,/);
  t.regex(warnings[2] ?? '', /the bucket 'b' of the URL cannot exist/);
  t.regex(warnings[3] ?? '', /carries no signature/);
  t.is(urlsExpireAt, undefined);
});

const source = { name: 'name', environment, now } as const;
const refused = [
  {
    title: 'no keys, before a file is read',
    request: { ...source, files: ['/images/data.raw'], presign: { bucket: 'my-images' }, environment: {} },
    code: 'SIGN_NO_CREDENTIALS',
    message: /OSC_ACCESS_KEY/,
  },
  {
    title: 'two files that would be one object',
    request: { ...source, files: ['/images/data.raw', '/other/data.raw'], presign: { bucket: 'my-images' } },
    code: 'MANIFEST_INVALID',
    message: /^disk 2 \(data\.raw\): disk 1 has the same object/,
  },
  {
    title: 'an expired URL and one without a key, together',
    request: {
      ...source,
      files: ['/images/data.raw', '/other/data.raw'],
      urls: [
        `https://h.example/b/data.raw?AWSAccessKeyId=hidden&Expires=1772323200&Signature=${secretV2}`,
        'https://h.example/?AWSAccessKeyId=hidden&Expires=1772409600&Signature=hidden',
      ],
    },
    code: 'MANIFEST_INVALID',
    message:
      /^3 faults: \(1\) disk 1 \(data\.raw\): the URL expired on 2026-03-01T00:00:00\.000Z; .*\(2\) disk 2: the URL 'https:\/\/h\.example\/' names no .*\(3\) disk 2: Signature of the URL is not 28/,
  },
  {
    title: 'one URL for two files',
    request: {
      ...source,
      files: ['/images/data.raw', '/other/data.raw'],
      urls: ['https://h.example/b/k?Signature=x'],
    },
    code: 'ARGUMENT_INVALID',
    message: /URLs \(1\) and of files \(2\)/,
  },
] as const;

for (const { title, request, code, message } of refused) {
  test(`refused: ${title}`, async (t) => {
    const error = await t.throwsAsync(createManifest(request, neverRead), { instanceOf: ForgeError });
    t.is(error.code, code);
    t.regex(error.message, message);
    t.false(error.message.includes('hidden'));
  });
}

test('a refused image is an error with its own code and path', async (t) => {
  const request = { ...source, files: ['/images/backed.qcow2'], presign: { bucket: 'my-images' } };
  const error = await t.throwsAsync(createManifest(request, readFacts), { instanceOf: ForgeError });
  t.is(error.code, 'QCOW2_EXTERNAL_FILE');
  t.is(error.path, '/images/backed.qcow2');
  t.is(error.message, 'names the backing file x');
});

test('several unusable files are told of together', async (t) => {
  const files = ['/images/backed.qcow2', '/images/data.raw', '/absent.raw'];
  const request = { ...source, files, presign: { bucket: 'my-images' } };
  const error = await t.throwsAsync(createManifest(request, readFacts), { instanceOf: ForgeError });
  t.is(
    error.message,
    '2 files cannot be used: /images/backed.qcow2: names the backing file x [QCOW2_EXTERNAL_FILE]; /absent.raw: no such file [IO_NOT_FOUND]',
  );
});

test('a stop is passed on as it is, and reaches the reading', async (t) => {
  const controller = new AbortController();
  const reason = new DOMException('stopped', 'AbortError');
  const waitForStop: ReadImageFacts = (_path, { signal }) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
      controller.abort(reason);
    });
  const request = { ...source, files: ['/images/data.raw'], presign: { bucket: 'my-images' } };
  const promise = createManifest({ ...request, signal: controller.signal }, waitForStop);
  t.is(await t.throwsAsync(promise, { any: true }), reason);
});

import { readFile } from 'node:fs/promises';
import test from 'ava';
import { repairManifest } from '../../src/manifest/repair/repair.js';
import { type ResignRequest, resignManifest } from '../../src/manifest/resign.js';
import { validateManifest } from '../../src/manifest/review/review.js';
import { judgedAt, manifestText, secret, signedQuery, urlOf, withLine } from '../helpers/manifest-text.js';

const now = new Date('2026-02-01T00:00:00Z');
const request: ResignRequest = {
  credentials: { accessKey: 'AKNEW', secretKey: 'SKNEW' },
  environment: {},
  now,
};

function urlsOf(text: string): readonly URL[] {
  const { Image } = JSON.parse(text);
  return Image.Snapshots.map(({ PreSignedUrl }: { PreSignedUrl: string }) => new URL(PreSignedUrl));
}

const objects = (text: string) => urlsOf(text).map(({ origin, pathname }) => `${origin}${pathname}`);
const regions = (text: string) =>
  urlsOf(text).map(({ searchParams }) => searchParams.get('X-Amz-Credential')?.split('/')[2]);

test('all URLs are new, for the same objects, and all else is as it was', async (t) => {
  const odd = manifestText
    .replace('  "Image"', ' \t"X-Extra": [1.50, {"a":1}],  "Image"')
    .replaceAll('\n', '\r\n');
  const { text, urlsExpireAt, urlCount, warnings } = await resignManifest(odd, request);
  t.deepEqual(urlsExpireAt, new Date('2026-02-08T00:00:00Z'));
  t.is(urlCount, 2);
  t.deepEqual(warnings, []);
  t.deepEqual(objects(text), objects(manifestText));
  const withoutQueries = (whole: string) => whole.replaceAll(/\?X-Amz[^"]*/g, '');
  t.is(withoutQueries(text), withoutQueries(odd));
  t.false(text.includes(secret));
  const { faults } = validateManifest(text, { now });
  t.deepEqual(
    faults.map(({ code }) => code),
    ['unknown-key'],
  );
  t.true(validateManifest(manifestText, { now }).faults.some(({ code }) => code === 'url-expired'));
});

test('region and storage are those of each URL, unless others are asked for', async (t) => {
  const text = withLine(
    18,
    `"PreSignedUrl": "http://127.0.0.1:9000/my-images/k.raw?${signedQuery().replace('eu-west-2', 'local')}",`,
  ).replace('oos.eu-west-2', 'oos.us-east-2');
  const own = (await resignManifest(text, request)).text;
  t.deepEqual(regions(own), ['local', 'us-east-2']);
  t.deepEqual(objects(own), [
    'http://127.0.0.1:9000/my-images/k.raw',
    'https://oos.us-east-2.outscale.com/my-images/import/data.raw.gz',
  ]);
  const other = await resignManifest(text, {
    ...request,
    region: 'us-west-1',
    endpoint: 'https://s3.example',
  });
  t.deepEqual(regions(other.text), ['us-west-1', 'us-west-1']);
  t.true(objects(other.text).every((url) => url.startsWith('https://s3.example/my-images/')));
});

test('a bucket in the host name becomes one in the path', async (t) => {
  const text = withLine(
    18,
    `"PreSignedUrl": "https://other.oos.eu-west-2.outscale.com/a/k.raw?${signedQuery()}",`,
  );
  t.is(
    objects((await resignManifest(text, request)).text)[0],
    'https://oos.eu-west-2.outscale.com/other/a/k.raw',
  );
});

test('URLs that name no object are signed for the bucket and the file name', async (t) => {
  const sample = repairManifest(await readFile('test/fixtures/documented-sample.txt')).text;
  const named = await resignManifest(sample, { ...request, bucket: 'my-images' });
  t.deepEqual(objects(named.text), [
    'https://oos.eu-west-2.outscale.com/my-images/export/ami-12a3456b/snap-d9d14b2e-c7f1ef08.qcow2.gz',
    'https://oos.eu-west-2.outscale.com/my-images/export/ami-d9d14b2e/snap-12a3456b-c7f1ef08.qcow2.gz',
  ]);
  const { valid } = validateManifest(named.text, { now });
  t.true(valid);
  const moved = await resignManifest(sample, { ...request, bucket: 'my-images', prefix: '/other/' });
  t.is(
    objects(moved.text)[0],
    'https://oos.eu-west-2.outscale.com/my-images/other/snap-d9d14b2e-c7f1ef08.qcow2.gz',
  );
});

test('empty and missing values of a URL', async (t) => {
  for (const value of ['""', 'null']) {
    const text = withLine(18, `"PreSignedUrl": ${value},`);
    const environment = { OSC_REGION: 'us-west-1' };
    const { text: signed } = await resignManifest(text, { ...request, bucket: 'b-1', environment });
    t.is(objects(signed)[0], 'https://oos.us-west-1.outscale.com/b-1/import/root.qcow2.gz');
  }
});

test('an object stays in its bucket, and that is told', async (t) => {
  const { text, warnings } = await resignManifest(manifestText, { ...request, bucket: 'other' });
  t.deepEqual(objects(text), objects(manifestText));
  t.is(warnings.length, 2);
  t.regex(warnings[0] ?? '', /^disk 1 \(import\/root\.qcow2\.gz\): stays in the bucket 'my-images'/);
});

const refused: ReadonlyArray<
  readonly [what: string, text: string, code: string, says: RegExp, request?: ResignRequest]
> = [
  ['no strict JSON', withLine(2, '"Version": 1'), 'MANIFEST_INVALID', /line 2, column 13: .*manifest repair/],
  ['two URLs of one key', withLine(19, '"PreSignedUrl": "x",'), 'MANIFEST_INVALID', /line 19, .*already/],
  ['no disks', '{"Image": {}}', 'MANIFEST_INVALID', /has no disks/],
  ['no URL', withLine(18, ''), 'MANIFEST_INVALID', /disk 1 \(import\/root\.qcow2\.gz\) has no PreSignedUrl/],
  ['too much', ' '.repeat(1024 * 1024 + 1), 'MANIFEST_INVALID', /more than 1048576 bytes/],
  ['no bucket', withLine(18, '"PreSignedUrl": "",'), 'ARGUMENT_INVALID', /disk 1 .*give --bucket/],
  ['no keys', manifestText, 'SIGN_NO_CREDENTIALS', /OSC_ACCESS_KEY/, { environment: {} }],
  [
    'no region',
    withLine(
      18,
      `"PreSignedUrl": "${urlOf('k').replace('%2Feu-west-2%2F', '%2FEU!%2F').replace('oos.', 'x.')}",`,
    ),
    'SIGN_INVALID',
    /is not a region/,
  ],
  [
    'too long a life',
    manifestText,
    'SIGN_INVALID',
    /604801 seconds/,
    { ...request, expiresSeconds: 604_801 },
  ],
];

for (const [what, text, code, says, options = request] of refused) {
  test(`is not signed: ${what}`, async (t) => {
    const error = await t.throwsAsync(resignManifest(text, options), { message: says });
    t.like(error, { code });
    t.false(error?.message.includes(secret.slice(0, 20)));
  });
}

test('the old moment of a manifest does not matter', async (t) => {
  const { text } = await resignManifest(manifestText, { ...request, now: judgedAt, expiresSeconds: 3600 });
  t.deepEqual(validateManifest(text, { now: judgedAt }).urlsExpireAt, new Date('2026-01-02T01:00:00Z'));
});

test('a storage keeps its port', async (t) => {
  const text = manifestText.replaceAll('oos.eu-west-2.outscale.com', 'oos.eu-west-2.outscale.com:8443');
  t.deepEqual(objects((await resignManifest(text, request)).text), objects(text));
});

test('a scope that cannot be read gives no region', async (t) => {
  const text = manifestText
    .replaceAll('oos.eu-west-2.outscale.com', 's3.example.com')
    .replaceAll('%2Feu-west-2%2Fs3', '%2Fs3');
  t.deepEqual(regions((await resignManifest(text, request)).text), ['eu-west-2', 'eu-west-2']);
  const { text: other } = await resignManifest(text, {
    ...request,
    environment: { OSC_REGION: 'us-east-2' },
  });
  t.deepEqual(regions(other), ['us-east-2', 'us-east-2']);
});

test('what cannot be signed is told with its disk', async (t) => {
  const text = withLine(29, '"PreSignedUrl": "https://oos.eu-west-2.outscale.com/Bad_Bucket/k.raw.gz",');
  await t.throwsAsync(resignManifest(text, request), {
    code: 'SIGN_INVALID',
    message: /^disk 2 \(import\/data\.raw\.gz\): /,
  });
});

test('another region is another host, on the port that there is', async (t) => {
  const text = manifestText.replaceAll('oos.eu-west-2.outscale.com', 'oos.eu-west-2.outscale.com:8443');
  const { text: signed } = await resignManifest(text, { ...request, region: 'us-east-2' });
  t.is(urlsOf(signed)[0]?.host, 'oos.us-east-2.outscale.com:8443');
});

test('a signature that stands in the path is no part of a key', async (t) => {
  const text = manifestText.replace('root.qcow2.gz?X-Amz', 'root.qcow2.gz;X-Amz');
  await t.throwsAsync(resignManifest(text, request), { code: 'MANIFEST_INVALID', message: /the \? before/ });
});

import { mkdir, writeFile } from 'node:fs/promises';
import test from 'ava';
import { presignUrl } from '../../src/cloud/presign.js';
import { ForgeError } from '../../src/errors.js';
import { makeFolder } from '../helpers/folder.js';

const now = new Date('2026-03-01T00:00:00Z');
const object = { bucket: 'my-images', key: 'import/disk.qcow2.gz', now };
const keys = { OSC_ACCESS_KEY: 'access', OSC_SECRET_KEY: 'secret' };

test('by default a URL is for GET, by version 4, for 7 days, at the storage of the region', async (t) => {
  const { url, expiresAt } = await presignUrl({ ...object, environment: keys });
  t.regex(
    url,
    /^https:\/\/oos\.eu-west-2\.outscale\.com\/my-images\/import\/disk\.qcow2\.gz\?X-Amz-Algorithm=/,
  );
  t.true(url.includes('X-Amz-Expires=604800&'));
  t.is(expiresAt.toISOString(), '2026-03-08T00:00:00.000Z');
});

test('a profile has keys, region and storage', async (t) => {
  await using folder = await makeFolder();
  await mkdir(folder.at('.osc'));
  const prod = {
    access_key: 'prod',
    secret_key: 's',
    region: 'us-east-2',
    endpoints: { oos: 'http://s.example' },
  };
  await writeFile(folder.at('.osc/config.json'), JSON.stringify({ prod }));
  const environment = { ...keys, HOME: folder.path };
  const { url } = await presignUrl({
    ...object,
    profile: 'prod',
    signature: 'v2',
    expiresSeconds: 60,
    environment,
  });
  t.regex(
    url,
    /^http:\/\/s\.example\/my-images\/import\/disk\.qcow2\.gz\?AWSAccessKeyId=prod&Expires=1772323260&/,
  );
});

test('with keys of the caller no file is read, and region and storage are those of the environment', async (t) => {
  await using folder = await makeFolder();
  await mkdir(folder.at('.osc'));
  await writeFile(folder.at('.osc/config.json'), 'not JSON');
  const credentials = { accessKey: 'mine', secretKey: 'secret' };
  const environment = {
    HOME: folder.path,
    OSC_ACCESS_KEY: 'half a pair',
    OSC_REGION: 'us-east-2',
    OSC_PROFILE: 'missing',
  };
  const { url } = await presignUrl({ ...object, credentials, environment });
  t.regex(url, /^https:\/\/oos\.us-east-2\.outscale\.com\/.*Credential=mine%2F20260301%2Fus-east-2%2F/);
});

test('without keys it is refused', async (t) => {
  const error = await t.throwsAsync(presignUrl({ ...object, environment: {} }), { instanceOf: ForgeError });
  t.is(error.code, 'SIGN_NO_CREDENTIALS');
});

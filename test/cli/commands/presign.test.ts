import { createHmac } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import test from 'ava';
import { readPresignedUrl } from '../../../src/cloud/presigned-url.js';
import { noAccount } from '../../helpers/account.js';
import { runCli } from '../../helpers/cli.js';
import { type Folder, makeFolder } from '../../helpers/folder.js';
import { makeRaw } from '../../helpers/images.js';
import { assertRefused } from '../../helpers/refusal.js';

const env = { ...noAccount, OSC_ACCESS_KEY: 'test-access', OSC_SECRET_KEY: 'test-secret' };
const secondsOfWeek = 604_800;

async function writeConfig(folder: Folder, mode = 0o600): Promise<NodeJS.ProcessEnv> {
  const config = {
    default: { access_key: 'default-access', secret_key: 'default-secret' },
    prod: {
      access_key: 'prod-access',
      secret_key: 'prod-secret',
      region: 'us-east-2',
      endpoints: { oos: 'https://oos.us-east-2.outscale.com/api/v1' },
    },
  };
  await mkdir(folder.at('.osc'));
  await writeFile(folder.at('.osc/config.json'), JSON.stringify(config), { mode });
  return { ...noAccount, HOME: folder.path };
}

test('the URL is alone on stdout; until when it works is on stderr', async (t) => {
  const { status, stdout, stderr } = await runCli(['presign', 's3://my-images/import/a b.qcow2.gz'], { env });
  t.is(status, 0);
  t.regex(
    stdout,
    /^https:\/\/oos\.eu-west-2\.outscale\.com\/my-images\/import\/a%20b\.qcow2\.gz\?X-Amz-[^\n]+\n$/,
  );
  const { expiresAt, signedAt } = readPresignedUrl(stdout.trim());
  t.is(Number(expiresAt) - Number(signedAt), secondsOfWeek * 1000);
  t.is(
    stderr,
    `works until ${expiresAt?.toISOString()} (in 7 days), signed with the keys of OSC_ACCESS_KEY\n`,
  );
});

test('several addresses make a line each, in their order, and end together', async (t) => {
  const args = ['presign', '--expires', '90m', 's3://my-images/b', 's3://other-bucket/a', 's3://my-images/b'];
  const { status, stdout, stderr } = await runCli(args, { env });
  t.is(status, 0);
  const facts = stdout.trimEnd().split('\n').map(readPresignedUrl);
  t.deepEqual(
    facts.map(({ bucket, key }) => `${bucket}/${key}`),
    ['my-images/b', 'other-bucket/a', 'my-images/b'],
  );
  t.is(new Set(facts.map(({ expiresAt }) => Number(expiresAt))).size, 1);
  t.regex(stderr, /^works until [^\n]+ \(in 1 hour 30 minutes\)/);
});

test('version 2, PUT and an endpoint of its own', async (t) => {
  const args = ['presign', '--signature', 'v2', '--method', 'PUT', '--endpoint', 'http://127.0.0.1:7480'];
  const { stdout } = await runCli([...args, 's3://my-images/disk.raw'], { env });
  const [, expires = '', signature = ''] =
    /^http:\/\/127\.0\.0\.1:7480\/my-images\/disk\.raw\?AWSAccessKeyId=test-access&Expires=(\d+)&Signature=([^\n]+)\n$/.exec(
      stdout,
    ) ?? [];
  const expected = createHmac('sha1', 'test-secret').update(`PUT\n\n\n${expires}\n/my-images/disk.raw`);
  t.is(decodeURIComponent(signature), expected.digest('base64'));
});

test('JSON has the keys that the help names, and no secret', async (t) => {
  await using folder = await makeFolder();
  const { stdout: help } = await runCli(['presign', '--help']);
  const args = ['presign', '--json', '--profile', 'prod', 's3://my-images/disk.raw'];
  const { status, stdout, stderr } = await runCli(args, { env: { ...env, ...(await writeConfig(folder)) } });
  t.is(status, 0);
  t.is(stderr, '');
  const [entry, ...more] = JSON.parse(stdout);
  t.deepEqual(more, []);
  t.like(entry, {
    method: 'GET',
    bucket: 'my-images',
    key: 'disk.raw',
    signature: 'v4',
    region: 'us-east-2',
    endpoint: 'https://oos.us-east-2.outscale.com',
    'keys-from': 'profile prod of ~/.osc/config.json',
  });
  t.is(entry['expires-at'], readPresignedUrl(entry.url).expiresAt?.toISOString());
  for (const key of Object.keys(entry)) t.true(help.includes(`"${key}"`), key);
  t.notRegex(stdout, /-secret/);
});

test('a profile comes from the configuration, and one that others may read is warned of', async (t) => {
  await using folder = await makeFolder();
  const home = await writeConfig(folder, 0o644);
  const { stdout, stderr } = await runCli(['presign', 's3://my-images/k'], { env: home });
  t.true(stdout.includes('Credential=default-access%2F'));
  t.regex(
    stderr,
    /^warning: ~\/\.osc\/config\.json has keys in it and is open to other users[^\n]*mode 644[^\n]*chmod 600 ~\/\.osc\/config\.json'\nworks until [^\n]* keys of profile default of ~\/\.osc\/config\.json\n$/,
  );
  const config = folder.at('.osc/config.json');
  const named = await runCli(['presign', '--config', config, 's3://my-images/k'], { env });
  t.true(named.stdout.includes('Credential=default-access%2F'));
});

test('manifest create signs with a profile too', async (t) => {
  await using folder = await makeFolder();
  const home = await writeConfig(folder, 0o644);
  await makeRaw(folder.at('disk.raw'), 2 ** 30);
  const args = [
    'manifest',
    'create',
    '--json',
    '--name',
    'name',
    '--bucket',
    'my-images',
    '--profile',
    'prod',
  ];
  const { status, stdout, stderr } = await runCli([...args, 'disk.raw'], {
    cwd: folder.path,
    env: { ...env, HOME: home['HOME'] },
  });
  t.is(status, 0, stderr);
  const report = JSON.parse(stdout);
  const url = report.manifest.Image.Snapshots[0].PreSignedUrl;
  t.regex(url, /^https:\/\/oos\.us-east-2\.outscale\.com\/my-images\/disk\.raw\?.*Credential=prod-access%2F/);
  t.is(report.warnings.length, 1);
  t.regex(report.warnings[0], /open to other users/);
});

test('--read says what a URL says, without what opens it', async (t) => {
  const { stdout: url } = await runCli(['presign', '--expires', '2d', 's3://my-images/a b/disk.raw'], {
    env,
  });
  const { status, stdout, stderr } = await runCli(['presign', '--read', url.trim()], { env: noAccount });
  t.is(status, 0);
  t.is(stderr, '');
  for (const says of [
    /storage +https:\/\/oos\.eu-west-2\.outscale\.com\n/,
    /bucket +my-images\n/,
    /key +a b\/disk\.raw\n/,
    /signature +v4\n/,
    /region +eu-west-2\n/,
    /signed +\d{4}-[^\n]+ ago\n/,
    /works +until \d{4}-[^\n]+, for 1 day 23 hours more\n/,
  ]) {
    t.regex(stdout, says);
  }
  t.notRegex(stdout, /test-access|X-Amz|[0-9a-f]{64}/);
});

test('--read as JSON has the keys that the help names', async (t) => {
  const { stdout: help } = await runCli(['presign', '--help']);
  const url = 'https://user:hidden@h.example/b/k?AWSAccessKeyId=hidden&Expires=1175139620&Signature=hidden';
  const { status, stdout } = await runCli(['presign', '--json', '--read', url], { env: noAccount });
  t.is(status, 0);
  const found = JSON.parse(stdout);
  t.deepEqual(found, {
    url: 'https://...@h.example/b/k?...',
    bucket: 'b',
    key: 'k',
    signature: 'v2',
    region: null,
    'temporary-keys': false,
    'signed-at': null,
    'expires-at': '2007-03-29T03:40:20.000Z',
    expired: true,
    faults: found.faults,
  });
  const codes = found.faults.map(({ code }: { code: string }) => code);
  t.deepEqual(codes, ['url-user', 'url-bucket', 'url-signature', 'url-expired']);
  for (const key of Object.keys(found)) t.true(help.includes(`"${key}"`), key);
});

const secret = 'https://h.example/b/k?AWSAccessKeyId=hidden&Signature=hidden';
const refused: ReadonlyArray<readonly [args: readonly string[], code: string, status: number, says: RegExp]> =
  [
    [
      [],
      'ARGUMENT_INVALID',
      2,
      /presign: missing required argument 'address'; see 'omiforge presign --help'/,
    ],
    [['disk.raw'], 'ARGUMENT_INVALID', 2, /presign: 'disk\.raw' names no object; use s3:\/\/BUCKET\/KEY/],
    [[secret], 'ARGUMENT_INVALID', 2, /'https:\/\/h\.example\/b\/k\?\.\.\.' names no object/],
    [['--read', 'no url'], 'ARGUMENT_INVALID', 2, /'no url' is no http or https URL/],
    [
      ['--read', 'ftp://u:hidden@h/b'],
      'ARGUMENT_INVALID',
      2,
      /'ftp:\/\/\.\.\.@h\/b' is no http or https URL/,
    ],
    [['--read', secret, 's3://b/k'], 'ARGUMENT_INVALID', 2, /with --read there is nothing to sign/],
    [['--read', secret, '--method', 'PUT'], 'ARGUMENT_INVALID', 2, /cannot be used with/],
    [['--read', secret, '--profile', 'p'], 'ARGUMENT_INVALID', 2, /cannot be used with/],
    [['--method', 'POST', 's3://my-images/k'], 'ARGUMENT_INVALID', 2, /Allowed choices are GET, PUT/],
    [['--signature', 'v3', 's3://my-images/k'], 'ARGUMENT_INVALID', 2, /Allowed choices are v4, v2/],
    [['--expires', '8d', 's3://my-images/k'], 'ARGUMENT_INVALID', 2, /Use 1 to 604800 seconds/],
    [['--signature', 'v2', '--expires', '604801', 's3://my-images/k'], 'ARGUMENT_INVALID', 2, /604800/],
    [['s3://My_Images/k'], 'SIGN_INVALID', 1, /bucket name 'My_Images' is not allowed/],
    [['s3://my-images/ok', 's3://my-images/../k'], 'SIGN_INVALID', 1, /has a segment/],
    [['--region', 'EU', 's3://my-images/k'], 'SIGN_INVALID', 1, /'EU' \(from --region\) is not a region/],
    [['--endpoint', 'h.example', 's3://my-images/k'], 'SIGN_INVALID', 1, /not a plain http or https URL/],
    [['--profile', 'x', 's3://my-images/k'], 'CONFIG_NO_PROFILE', 1, /no profile 'x' \(from --profile\)/],
    [
      ['--config', 'missing.json', 's3://my-images/k'],
      'IO_NOT_FOUND',
      1,
      /presign: missing\.json: no such file/,
    ],
    [
      ['--config', 'bad.json', 's3://my-images/k'],
      'CONFIG_INVALID',
      1,
      /bad\.json: is not JSON \(line 2, column 1\)/,
    ],
  ];

for (const [args, code, status, says] of refused) {
  test(`refused: presign ${args.join(' ')}`, async (t) => {
    await using folder = await makeFolder();
    await writeFile(folder.at('bad.json'), '{"default": {"secret_key": "hidden"\n');
    await assertRefused(t, folder, ['presign', ...args], {
      code: code as 'ARGUMENT_INVALID',
      status,
      says,
      env,
    });
    const { stderr } = await runCli(['presign', ...args], { cwd: folder.path, env });
    t.notRegex(stderr, /hidden|test-secret/);
  });
}

test('refused without keys', async (t) => {
  await using folder = await makeFolder();
  const options = { code: 'SIGN_NO_CREDENTIALS', says: /OSC_ACCESS_KEY/, env: noAccount } as const;
  await assertRefused(t, folder, ['presign', 's3://my-images/k'], options);
});

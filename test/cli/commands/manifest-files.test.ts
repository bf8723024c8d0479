import { readFile, stat, writeFile } from 'node:fs/promises';
import test from 'ava';
import { runCli } from '../../helpers/cli.js';
import { type Folder, makeFolder } from '../../helpers/folder.js';
import { manifestText, secret, signedQuery, withLine } from '../../helpers/manifest-text.js';
import { object, serveObjects } from '../../helpers/object-server.js';
import { assertRefused } from '../../helpers/refusal.js';

const at = ['--at', '2026-01-02T00:00:00Z'];
const env = {
  OSC_ACCESS_KEY: 'AK',
  OSC_SECRET_KEY: 'SK',
  OSC_REGION: '',
  AWS_REGION: '',
  AWS_DEFAULT_REGION: '',
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
};

async function makeManifests(): Promise<Folder> {
  const folder = await makeFolder();
  await writeFile(folder.at('good.json'), manifestText);
  await writeFile(folder.at('doubtful.json'), withLine(24, '        "Device": "/dev/sdb",'));
  await writeFile(folder.at('bad.json'), withLine(8, '    "Architecture": "arm64"'));
  await writeFile(folder.at('sample.txt'), await readFile('test/fixtures/documented-sample.txt'));
  return folder;
}

test('validate: a line for each fault, a verdict for each file', async (t) => {
  await using folder = await makeManifests();
  const args = ['manifest', 'validate', ...at, 'good.json', 'doubtful.json', 'bad.json'];
  const { status, stdout, stderr } = await runCli(args, { cwd: folder.path });
  t.is(stderr, '');
  t.is(status, 1);
  const until = 'the first URL works until 2026-01-08T00:00:00.000Z';
  const lines = stdout.split('\n');
  t.is(lines[0], `good.json: valid, no faults; ${until}`);
  t.regex(
    lines[1] ?? '',
    /^doubtful\.json:24:19: warning: Image\.Snapshots\[1\]\.Device: .*; '\/dev\/xvdb' satisfies both \[device-sd\] \(user guide: /,
  );
  t.is(lines[2], `doubtful.json: valid, 1 warning; ${until}`);
  t.regex(
    lines[3] ?? '',
    /^bad\.json:8:21: error: Image\.Architecture: the architecture 'arm64' .* \[architecture\] \(API: CreateImage\)$/,
  );
  t.regex(
    lines[4] ?? '',
    /^bad\.json:8:28: error: Image: a comma is missing .* \[missing-comma\] \(JSON: RFC 8259\)$/,
  );
  t.is(lines[5], `bad.json: not valid, 2 errors; ${until}`);
  t.is(lines.length, 7);
});

test('validate: JSON for programs, an object for one file and an array for several', async (t) => {
  await using folder = await makeManifests();
  const run = async (...files: readonly string[]) =>
    JSON.parse(
      (await runCli(['manifest', 'validate', '--json', ...at, ...files], { cwd: folder.path })).stdout,
    );
  t.deepEqual(await run('good.json'), {
    file: 'good.json',
    valid: true,
    faults: [],
    'urls-expire-at': '2026-01-08T00:00:00.000Z',
  });
  const [first, second] = await run('doubtful.json', 'bad.json');
  t.deepEqual(Object.keys(first.faults[0]), [
    'severity',
    'code',
    'path',
    'line',
    'column',
    'message',
    'origin',
  ]);
  t.deepEqual([first.valid, second.valid], [true, false]);
});

const verdicts: ReadonlyArray<readonly [args: readonly string[], status: number]> = [
  [[...at, 'good.json'], 0],
  [[...at, 'doubtful.json'], 0],
  [[...at, '--strict', 'doubtful.json'], 1],
  [[...at, '--strict', 'good.json'], 0],
  [[...at, 'bad.json'], 1],
  [[...at, 'good.json', 'missing.json'], 1],
  [[...at, '--min-life', '6d', 'good.json'], 0],
  [[...at, '--min-life', '145h', 'good.json'], 1],
  [['--at', '2026-01-07T23:00:00+00:00', 'good.json'], 0],
  [['--at', '2026-01-08', 'good.json'], 1],
  [['--at', 'yesterday', 'good.json'], 2],
  [['--at', '2026-01-07T23:00:00', 'good.json'], 2],
  [['--min-life', 'long', 'good.json'], 2],
  [[], 2],
];

for (const [args, status] of verdicts) {
  test(`validate ${args.join(' ')} ends with ${status}`, async (t) => {
    await using folder = await makeManifests();
    t.is((await runCli(['manifest', 'validate', ...args], { cwd: folder.path })).status, status);
  });
}

test('validate: standard input, and what is no file', async (t) => {
  await using folder = await makeManifests();
  const piped = await runCli(['manifest', 'validate', ...at, '-'], { input: Buffer.from(manifestText) });
  t.is(piped.status, 0);
  t.regex(piped.stdout, /^standard input: valid/);
  const endless = await runCli(['manifest', 'validate', '/dev/zero']);
  t.is(endless.status, 1);
  t.regex(endless.stdout, /\[too-large\]/);
  await assertRefused(t, folder, ['manifest', 'validate', '.'], { code: 'IO_NOT_A_FILE' });
  await assertRefused(t, folder, ['manifest', 'validate', 'missing.json'], { code: 'IO_NOT_FOUND' });
});

test('validate --online asks the storage', async (t) => {
  await using folder = await makeManifests();
  await using server = await serveObjects({ '/bucket/root.raw.gz': object(Buffer.from([0x1f, 0x8b]), 7) });
  const url = `${server.origin}/bucket/root.raw.gz?${signedQuery()}`;
  const text = withLine(18, `        "PreSignedUrl": "${url}",`)
    .replace(/import\/root\.qcow2\.gz/, 'root.raw.gz')
    .replace(/"https:[^"]*"/, '"s3://b/k"');
  await writeFile(folder.at('online.json'), text);
  const args = ['manifest', 'validate', '--online', '--json', ...at, 'online.json'];
  const { status, stdout } = await runCli(args, { cwd: folder.path });
  t.is(status, 1);
  const { faults } = JSON.parse(stdout);
  t.deepEqual(
    faults.map(({ code, line }: { code: string; line: number }) => `${code} ${line}`),
    ['url-http 18', 'online-length 18', 'url 29'],
  );
  t.deepEqual(server.requests, ['GET /bucket/root.raw.gz']);
});

test('repair: strict JSON on standard output, the changes and the rest beside it', async (t) => {
  await using folder = await makeManifests();
  const { status, stdout, stderr } = await runCli(['manifest', 'repair', 'sample.txt'], { cwd: folder.path });
  t.is(status, 0);
  t.is(JSON.parse(stdout).Image.Name, 'OMI_NAME');
  t.regex(
    stderr,
    /^line 2: added a missing comma\nline 18: added a missing comma\nline 35: removed a trailing comma\n/,
  );
  t.regex(stderr, /\nrepaired:12:\d+: error: Image\.Snapshots\[0\]\.PreSignedUrl: .*\[url-no-key\]/);
  t.regex(stderr, /\nrepaired: 2 errors, 7 warnings left\n$/);
});

test('repair: into a file for its owner alone, in place when that is asked for', async (t) => {
  await using folder = await makeManifests();
  const repair = ['manifest', 'repair', ...at];
  const { status, stdout } = await runCli([...repair, 'bad.json', '-o', 'new.json'], { cwd: folder.path });
  t.deepEqual([status, stdout], [0, '']);
  t.is(await readFile(folder.at('new.json'), 'utf8'), withLine(8, '    "Architecture": "arm64",'));
  t.is((await stat(folder.at('new.json'))).mode & 0o777, 0o600);
  await assertRefused(t, folder, [...repair, 'bad.json', '-o', 'bad.json'], { code: 'TARGET_EXISTS' });
  const forced = await runCli([...repair, '--force', '--json', 'bad.json', '-o', 'bad.json'], {
    cwd: folder.path,
  });
  t.is(forced.stderr, '');
  const report = JSON.parse(forced.stdout);
  t.like(report, {
    file: 'bad.json',
    output: 'bad.json',
    valid: false,
    changes: [{ line: 8, what: 'added a missing comma' }],
  });
  t.is(report.text, undefined);
  t.deepEqual(await readFile(folder.at('bad.json')), await readFile(folder.at('new.json')));
  const piped = await runCli([...repair, '-'], { input: await readFile(folder.at('bad.json')) });
  t.is(piped.stdout, await readFile(folder.at('bad.json'), 'utf8'));
  t.regex(piped.stderr, /^nothing was changed\n/);
});

test('repair: what cannot be mended leaves no file', async (t) => {
  await using folder = await makeManifests();
  await writeFile(folder.at('odd.json'), withLine(4, '    "Name": ,'));
  await assertRefused(t, folder, ['manifest', 'repair', 'odd.json', '-o', 'new.json'], {
    code: 'MANIFEST_INVALID',
    says: /odd\.json: line 4, column 12: the key has no value/,
  });
});

test('resign: new URLs, and nothing else', async (t) => {
  await using folder = await makeManifests();
  const { status, stdout, stderr } = await runCli(['manifest', 'resign', '--expires', '12h', 'good.json'], {
    cwd: folder.path,
    env,
  });
  t.is(status, 0);
  t.regex(stderr, /^the URLs work until \d{4}-[^\n]*Z\n$/);
  t.false(stdout.includes(secret));
  const plain = (text: string) => text.replaceAll(/\?[^"]*/g, '');
  t.is(plain(stdout), plain(manifestText));
  await assertRefused(t, folder, ['manifest', 'resign', 'good.json', '-o', 'good.json'], {
    code: 'TARGET_EXISTS',
    env,
  });
  const inPlace = await runCli(['manifest', 'resign', '--force', '--json', 'good.json', '-o', 'good.json'], {
    cwd: folder.path,
    env,
  });
  t.like(JSON.parse(inPlace.stdout), {
    file: 'good.json',
    output: 'good.json',
    'url-count': 2,
    warnings: [],
  });
  t.is((await runCli(['manifest', 'validate', '--strict', 'good.json'], { cwd: folder.path })).status, 0);
});

test('resign: what is missing', async (t) => {
  await using folder = await makeManifests();
  const refuse = (
    args: readonly string[],
    code: 'MANIFEST_INVALID' | 'ARGUMENT_INVALID' | 'SIGN_NO_CREDENTIALS',
    says: RegExp,
    status = 1,
  ) =>
    assertRefused(t, folder, ['manifest', 'resign', ...args], {
      code,
      says,
      status,
      env: {
        ...env,
        ...(code === 'SIGN_NO_CREDENTIALS'
          ? { OSC_ACCESS_KEY: '', OSC_SECRET_KEY: '', HOME: folder.path }
          : {}),
      },
    });
  await refuse(
    ['sample.txt'],
    'MANIFEST_INVALID',
    /sample\.txt: is not strict JSON: line 2, .*manifest repair/,
  );
  await refuse(['good.json'], 'SIGN_NO_CREDENTIALS', /OSC_ACCESS_KEY/);
  await refuse(['--expires', '8d', 'good.json'], 'ARGUMENT_INVALID', /--expires/, 2);
});

test('from the sample to a manifest that is valid, through a pipe', async (t) => {
  await using folder = await makeManifests();
  const repaired = await runCli(['manifest', 'repair', 'sample.txt'], { cwd: folder.path });
  const resigned = await runCli(['manifest', 'resign', '--bucket', 'my-images', '-'], {
    env,
    input: repaired.stdoutBytes,
  });
  const { status, stdout } = await runCli(['manifest', 'validate', '-'], { input: resigned.stdoutBytes });
  t.is(status, 0, stdout);
});

test('show: what a manifest says', async (t) => {
  await using folder = await makeManifests();
  const { status, stdout, stderr } = await runCli(['manifest', 'show', ...at, 'doubtful.json'], {
    cwd: folder.path,
  });
  t.is(stderr, '');
  t.is(status, 0);
  t.is(
    stdout,
    `doubtful.json
  name           debian-13
  description    -
  architecture   x86_64
  product types  0001
  user           -
  documentation  all keys of all editions

device     type      iops  virtual size  object size                        URL works  key
/dev/sda1  standard     -        10 GiB   393.24 MiB  until 2026-01-08T00:00Z, for 6d  import/root.qcow2.gz
/dev/sdb   io1       1000        20 GiB     4.88 KiB  until 2026-01-08T00:00Z, for 6d  import/data.raw.gz

1 warning; 'omiforge manifest validate' tells them
`,
  );
});

test('show: the sample, an expired manifest, and programs', async (t) => {
  await using folder = await makeManifests();
  const sample = await runCli(['manifest', 'show', 'sample.txt'], { cwd: folder.path });
  t.is(sample.status, 0);
  t.regex(sample.stdout, /documentation {2}A or B/);
  t.regex(sample.stdout, /\/dev\/sda2 .* not said {2}export\/ami-d9d14b2e/);
  t.regex(sample.stdout, /\n5 errors, 7 warnings; /);
  const late = await runCli(['manifest', 'show', '--at', '2026-01-10T01:00:00Z', 'good.json'], {
    cwd: folder.path,
  });
  t.regex(late.stdout, /expired 2026-01-08T00:00Z, 2d 1h ago/);
  const json = await runCli(['manifest', 'show', '--json', ...at, 'good.json'], { cwd: folder.path });
  const shown = JSON.parse(json.stdout);
  t.like(shown, { file: 'good.json', edition: 'all', errors: 0, warnings: 0 });
  t.like(shown.disks[1], {
    device: '/dev/xvdb',
    iops: 1000,
    bucket: 'my-images',
    key: 'import/data.raw.gz',
    region: 'eu-west-2',
  });
  for (const { stdout } of [sample, late, json]) t.false(stdout.includes(secret.slice(0, 20)));
  const long = `import/${'0123456789abcdef'.repeat(12)}.raw.gz`;
  await writeFile(
    folder.at('long.json'),
    withLine(28, `"Filename": "${long}",`).replace('"debian-13"', `"a?${signedQuery()}"`),
  );
  const exact = await runCli(['manifest', 'show', '--json', ...at, 'long.json'], { cwd: folder.path });
  t.is(JSON.parse(exact.stdout).image.name, 'a...');
  const unsigned = await runCli(['manifest', 'show', '--json', '-'], {
    input: Buffer.from(JSON.stringify({ Image: { Snapshots: [{ Filename: long }] } })),
  });
  t.is(JSON.parse(unsigned.stdout).disks[0].key, long);
  await writeFile(folder.at('other.json'), '[1, 2]');
  await assertRefused(t, folder, ['manifest', 'show', 'other.json'], {
    code: 'MANIFEST_INVALID',
    says: /is no manifest: line 1, column 1/,
  });
});

import { readFile, stat, truncate } from 'node:fs/promises';
import test from 'ava';
import { ForgeError } from '../../src/errors.js';
import { validateManifest } from '../../src/index.js';
import { createManifests } from '../../src/snapshot/manifests.js';
import { readPlan } from '../../src/snapshot/plan/read-plan.js';
import { prepareBatch } from '../../src/snapshot/prepare.js';
import { runCli } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';

const mebibyte = 2 ** 20;
const environment = { OSC_ACCESS_KEY: 'access', OSC_SECRET_KEY: 'top-secret', HOME: '/nowhere' };

const plan = `images:
  - name: web (1)
    description: two disks
    product-types: ["0004"]
    user: "123456789012"
    disks:
      - { source: a.raw, level: 1, pad: 1GiB }
      - { source: a.raw, format: raw, volume-type: io1, iops: 100, delete-on-termination: false }
  - name: data
    disks: [{ source: a.raw, level: 1 }]
`;

async function prepared(): Promise<Folder> {
  const folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), 4 * mebibyte, [{ offsetBytes: mebibyte, bytes: noise(mebibyte) }]);
  const reading = readPlan(folder.at('plan.yaml'), plan);
  if ('faults' in reading) throw new Error('the plan is sound');
  await prepareBatch(reading, folder.at('out'));
  return folder;
}

test('a prepared directory has all that its manifests need but where the files are', async (t) => {
  await using folder = await prepared();
  const directory = folder.at('out');
  const now = new Date('2026-03-01T00:00:00Z');
  const made = await createManifests({
    directory,
    presign: { bucket: 'my-images', prefix: 'import' },
    environment,
    now,
  });
  t.deepEqual(
    made.map(({ path }) => path),
    [folder.at('out/web-1/manifest.json'), folder.at('out/data/manifest.json')],
  );
  const text = await readFile(folder.at('out/web-1/manifest.json'), 'utf8');
  t.is((await stat(folder.at('out/web-1/manifest.json'))).mode & 0o777, 0o600);
  const { Image } = JSON.parse(text);
  t.like(Image, { Name: 'web (1)', Description: 'two disks', ProductTypes: ['0004'], User: '123456789012' });
  t.like(Image.Snapshots[0], {
    Device: '/dev/sda1',
    Filename: 'import/web-1/disk0.qcow2.gz',
    Size: 2 ** 30,
    CompressedSize: (await stat(folder.at('out/web-1/disk0.qcow2.gz'))).size,
  });
  t.like(Image.Snapshots[1], {
    Device: '/dev/xvdb',
    VolumeType: 'io1',
    Iops: 100,
    DeleteOnTermination: false,
    CompressedSize: 4 * mebibyte,
  });
  t.deepEqual(
    validateManifest(text, { now }).faults.filter(({ severity }) => severity === 'error'),
    [],
  );
});

test('a file that is not what was prepared, and an image that is not there, are errors', async (t) => {
  await using folder = await prepared();
  const request = { directory: folder.at('out'), presign: { bucket: 'my-images' }, environment };
  const missing = await t.throwsAsync(createManifests({ ...request, imageName: 'mail' }), {
    instanceOf: ForgeError,
  });
  t.regex(missing.message, /no image here is called 'mail'; there are 'web \(1\)', 'data'/);
  await truncate(folder.at('out/data/disk0.qcow2.gz'), 10);
  const cut = await t.throwsAsync(createManifests(request), { instanceOf: ForgeError });
  t.is((cut as ForgeError).code, 'PREPARED_DAMAGED');
  t.is((await createManifests({ ...request, imageName: 'web (1)' })).length, 1);
});

test('from the command line', async (t) => {
  await using folder = await prepared();
  const options = { cwd: folder.path, env: environment };
  const { status, stdout, stderr } = await runCli(
    ['manifest', 'create', '--bucket', 'my-images', 'out'],
    options,
  );
  t.is(status, 0, stderr);
  t.is(stdout, 'out/web-1/manifest.json\nout/data/manifest.json\n');
  t.regex(stderr, /^data: the URLs work until /m);
  t.notRegex(stdout + stderr, /top-secret|Signature=/);
  const one = await runCli(
    ['manifest', 'create', '--bucket', 'b01', '--name', 'data', '--json', 'out'],
    options,
  );
  t.like(JSON.parse(one.stdout)[0], { name: 'data', output: 'out/data/manifest.json' });
  for (const args of [
    ['out'],
    ['--bucket', 'my-images', '--user', '123456789012', 'out'],
    ['--bucket', 'b01', 'a.raw'],
    ['--bucket', 'b01', 'out', 'a.raw'],
    ['--url', 'https://h.example/b01/k.raw', 'out'],
  ]) {
    t.is((await runCli(['manifest', 'create', ...args], options)).status, 2, args.join(' '));
  }
});

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { CommanderError } from 'commander';
import { manifestCommand } from '../../../src/cli/commands/manifest.js';
import type { Manifest } from '../../../src/manifest/schema.js';

const url = 'https://h.example/b/import/root.raw';

function command() {
  const manifest = manifestCommand(new AbortController().signal, async () => ({
    format: 'raw',
    container: 'plain',
    virtualSizeBytes: 100 * 2 ** 30,
    fileLengthBytes: 77,
  }));
  for (const part of [manifest, ...manifest.commands]) {
    part.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  }
  return manifest;
}

async function create(...argv: readonly string[]): Promise<Manifest> {
  const folder = await mkdtemp(join(tmpdir(), 'omiforge-command-'));
  try {
    const output = join(folder, 'manifest.json');
    await command().parseAsync(['create', '--name', 'name', '-o', output, ...argv], { from: 'user' });
    return JSON.parse(await readFile(output, 'utf8'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const urls = ['--url', url, '--url', 'https://h.example/b/data.raw'];

test('options reach the manifest', async (t) => {
  const { Image } = await create(
    ...['--description', 'text', '--architecture', 'i386', '--user', '123456789012'],
    ...['--product-type', '0002', '--product-type', '0005', '--url', url, 'root.raw'],
  );
  t.like(Image, {
    Description: 'text',
    Architecture: 'i386',
    User: '123456789012',
    ProductTypes: ['0002', '0005'],
  });
  t.like(Image.Snapshots[0], { Filename: 'import/root.raw', PreSignedUrl: url, CompressedSize: 77 });
});

test('values of disk options go by position, and "-" is the default', async (t) => {
  const { Image } = await create(
    ...[
      '--device',
      '-',
      '--device',
      '/dev/xvdf',
      '--volume-type',
      'gp2',
      '--volume-type',
      'io1',
      '--iops',
      '500',
    ],
    ...['--delete-on-termination', '-', '--delete-on-termination', 'false', ...urls, 'root.raw', 'data.raw'],
  );
  t.like(Image.Snapshots[0], {
    Device: '/dev/sda1',
    VolumeType: 'gp2',
    Iops: null,
    DeleteOnTermination: true,
  });
  t.like(Image.Snapshots[1], {
    Device: '/dev/xvdf',
    VolumeType: 'io1',
    Iops: 500,
    DeleteOnTermination: false,
  });
});

test('a single type, iops and delete-on-termination are for all disks', async (t) => {
  const { Image } = await create(
    ...[
      '--volume-type',
      'io1',
      '--iops',
      '700',
      '--delete-on-termination',
      'false',
      ...urls,
      'root.raw',
      'data.raw',
    ],
  );
  for (const snapshot of Image.Snapshots) {
    t.like(snapshot, { VolumeType: 'io1', Iops: 700, DeleteOnTermination: false });
  }
});

test('iops without any io1 disk are refused, not forgotten', async (t) => {
  await t.throwsAsync(create('--iops', '700', '--url', url, 'root.raw'), {
    message: /iops 700 is for volume type io1/,
  });
});

const misuses: readonly (readonly string[])[] = [
  ['root.raw'],
  ['--bucket', 'my-images'],
  ['--url', url, 'root.raw', 'data.raw'],
  [...urls, 'root.raw'],
  ['--url', url, '--bucket', 'my-images', 'root.raw'],
  ['--url', url, '--expires', '1h', 'root.raw'],
  ['--url', url, '--device', '-', '--device', '-', 'root.raw'],
  ['--url', url, '--volume-type', 'tape', 'root.raw'],
  ['--url', url, '--product-type', '0003', 'root.raw'],
  ['--url', url, '--iops', '1.5', 'root.raw'],
  ['--url', url, '--architecture', 'arm64', 'root.raw'],
  ['--url', url, '--delete-on-termination', 'maybe', 'root.raw'],
  ...['0', '8d', '604801', '169h', '1w', '-5', '1.5h', '', 'd'].map((time) => [
    ...['--bucket', 'my-images', '--expires', time, 'root.raw'],
  ]),
];

for (const argv of misuses) {
  test(`bad usage: ${argv.join(' ')}`, async (t) => {
    await t.throwsAsync(create(...argv), { instanceOf: CommanderError });
  });
}

test('an existing output is refused before any image is read', async (t) => {
  const unread = manifestCommand(new AbortController().signal, async () => {
    throw new Error('was read');
  });
  const folder = await mkdtemp(join(tmpdir(), 'omiforge-command-'));
  const argv = ['create', '--name', 'name', '--url', url, '-o', folder, 'root.raw'];
  await t.throwsAsync(unread.parseAsync(argv, { from: 'user' }), { message: /is a directory/ });
  t.deepEqual(await readdir(folder), []);
  await rm(folder, { recursive: true });
});

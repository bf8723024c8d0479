import test from 'ava';
import { runCli } from '../helpers/cli.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, prose } from '../helpers/images.js';

test('the report of a conversion has the keys that its help names', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 5 * 1024 * 1024, [{ offsetBytes: 0, bytes: prose(100_000) }]);
  const { stdout: help } = await runCli(['convert', '--help']);
  const documented = /--json prints an object with ([^;]*);/.exec(help)?.[1]?.match(/"[\w-]+"/g) ?? [];
  const args = ['convert', '--json', '--verify', '--digest', 'disk.raw', 'new.qcow2.gz'];
  const { status, stdout, stderr } = await runCli(args, { cwd: folder.path });
  t.is(status, 0);
  t.is(stderr, '');
  const report = JSON.parse(stdout);
  t.deepEqual(
    Object.keys(report).map((key) => `"${key}"`),
    documented,
  );
  t.like(report, {
    source: 'disk.raw',
    target: 'new.qcow2.gz',
    'source-format': 'raw',
    'target-format': 'qcow2.gz',
    'virtual-size': 5 * 1024 * 1024,
    verified: true,
  });
  t.true(report['elapsed-ms'] > 0);
});

test('where the image takes standard output, the report goes to standard error', async (t) => {
  await using folder = await makeFolder();
  const input = prose(100_352);
  const args = ['convert', '--json', '-O', 'raw', '-', '-'];
  const { status, stdoutBytes, stderr } = await runCli(args, { cwd: folder.path, input });
  t.is(status, 0);
  t.true(stdoutBytes.equals(input));
  t.like(JSON.parse(stderr), { source: '-', target: '-', 'target-format': 'raw', 'bytes-written': 100_352 });
});

test('a comparison has the keys that its help names', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 4096);
  const { stdout: help } = await runCli(['compare', '--help']);
  const { stdout } = await runCli(['compare', '--json', 'disk.raw', 'disk.raw'], { cwd: folder.path });
  t.deepEqual(JSON.parse(stdout), { identical: true, 'first-difference': null, 'sizes-differ': false });
  for (const key of Object.keys(JSON.parse(stdout))) t.true(help.includes(`"${key}"`), key);
});

test('a manifest with its report', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 4096);
  const url = 'https://h.example/b/disk.raw';
  const args = ['manifest', 'create', '--json', '--name', 'name', '--url', url, 'disk.raw'];
  const { status, stdout } = await runCli(args, { cwd: folder.path });
  t.is(status, 0);
  const report = JSON.parse(stdout);
  t.deepEqual(Object.keys(report).sort(), ['manifest', 'output', 'urls-expire-at', 'warnings']);
  t.is(report.manifest.Image.Snapshots[0].PreSignedUrl, url);
});

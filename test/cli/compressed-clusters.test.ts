import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { runCli } from '../helpers/cli.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { checkClean, compareWithQemu, qemuImg } from '../helpers/qemu.js';
import { withoutGzipIndex } from '../helpers/without-gzip-index.js';

const MiB = 1024 * 1024;

async function makeDisk(path: string): Promise<string> {
  return await makeRaw(path, 20 * MiB, [
    { offsetBytes: MiB, bytes: prose(3 * MiB) },
    { offsetBytes: 9 * MiB, bytes: noise(200_000) },
  ]);
}

for (const [flags, type] of [
  [['-c'], 'zlib'],
  [['--compress', '--level', '1'], 'zlib'],
  [['-c', '--compression-type', 'zlib', '--engine', 'zlib', '--level', '9'], 'zlib'],
  [['-c', '--compression-type', 'zstd', '--level', '19', '--verify'], 'zstd'],
] as const) {
  test(`convert ${flags.join(' ')}`, async (t) => {
    await using folder = await makeFolder();
    const raw = await makeDisk(folder.at('a.raw'));
    const target = folder.at('b.qcow2');
    const { status, stdout, stderr } = await runCli(['convert', ...flags, raw, target]);
    t.is(status, 0, stderr);
    t.regex(stdout, /written \(ratio 0\.\d+\)/);
    await checkClean(target);
    await compareWithQemu(target, 'qcow2', raw, 'raw');
    const info = JSON.parse(await qemuImg('info', '--output=json', target));
    t.is(info['format-specific'].data['compression-type'], type);
    const told = await runCli(['check', '--json', target]);
    t.true(JSON.parse(told.stdout)['compressed-clusters'] > 40);
  });
}

test('convert -c into a pipe gives the bytes that a file gets, without the index', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('a.raw'));
  for (const format of ['qcow2', 'qcow2.gz']) {
    const target = folder.at(`b.${format}`);
    t.is((await runCli(['convert', '-c', raw, target])).status, 0);
    const { status, stdoutBytes } = await runCli(['convert', '-c', '-O', format, raw, '-']);
    t.is(status, 0);
    const file = await readFile(target);
    const expected = format === 'qcow2' ? file : withoutGzipIndex(file);
    t.is(Buffer.compare(stdoutBytes, expected), 0);
  }
});

test('convert -c out of a pipe and out of gzip', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('a.raw'));
  await runCli(['convert', '-c', raw, folder.at('b.qcow2.gz')]);
  const input = await readFile(folder.at('b.qcow2.gz'));
  for (const source of [folder.at('b.qcow2.gz'), '-']) {
    const args = ['convert', '-c', '--force', source, folder.at('c.qcow2')];
    const { status, stderr } = await runCli(args, { input });
    t.is(status, 0, stderr);
    await checkClean(folder.at('c.qcow2'));
    await t.notThrowsAsync(compareWithQemu(folder.at('c.qcow2'), 'qcow2', raw, 'raw'));
  }
});

test('a source that is cut within its compressed clusters leaves nothing', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('a.raw'));
  await qemuImg('convert', '-c', '-O', 'qcow2', raw, folder.at('b.qcow2'));
  const whole = await readFile(folder.at('b.qcow2'));
  await writeFile(folder.at('cut.qcow2'), whole.subarray(0, whole.length - 400_000));
  const { status, stdout, stderr } = await runCli([
    'convert',
    '-c',
    folder.at('cut.qcow2'),
    folder.at('c.qcow2'),
  ]);
  t.is(status, 1);
  t.is(stdout, '');
  t.regex(stderr, /^error: convert: .*cut\.qcow2: .*\[QCOW2_(TRUNCATED|CORRUPT)\]\n$/);
  await t.throwsAsync(readFile(folder.at('c.qcow2')), { code: 'ENOENT' });
});

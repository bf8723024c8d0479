import { execFileSync } from 'node:child_process';
import test from 'ava';
import { runCli, runInShell } from '../../helpers/cli.js';
import { makeFolder } from '../../helpers/folder.js';
import { makeRaw, noise } from '../../helpers/images.js';
import { qemuImg, qemuIo } from '../../helpers/qemu.js';
import { assertRefused } from '../../helpers/refusal.js';

test('a table for people', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 10_000_000, [{ offsetBytes: 4_194_304, bytes: noise(4096) }]);
  const { status, stdout, stderr } = await runCli(['map', 'disk.raw'], { cwd: folder.path });
  t.is(status, 0);
  t.is(stderr, '');
  t.deepEqual(stdout.split('\n'), [
    '   start    length         size  kind         host offset',
    '       0   4194304        4 MiB  unallocated  0',
    ' 4194304      4096        4 KiB  data         4194304',
    ' 4198400   5801984     5.53 MiB  unallocated  4198400',
    '',
  ]);
});

test('within .gz it is the map of the file inside, and nothing is left', async (t) => {
  await using folder = await makeFolder();
  await using spills = await makeFolder();
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', path, '8M');
  await qemuIo(path, 'qcow2', 'write 1M 128k', 'write -c 4M 64k', 'write -z 5M 64k');
  execFileSync('gzip', ['-kn', path]);
  const options = { cwd: folder.path, env: { TMPDIR: spills.path } };
  for (const flags of [[], ['--json']]) {
    const plain = await runCli(['map', ...flags, 'disk.qcow2'], options);
    const inside = await runCli(['map', ...flags, 'disk.qcow2.gz'], options);
    t.is(inside.status, 0);
    t.is(inside.stdout, plain.stdout);
  }
  t.is(execFileSync('ls', ['-A', spills.path]).length, 0);
});

test('a map that nobody reads to its end', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('disk.qcow2');
  // Every other cluster of 512 bytes is zero: far more lines than a pipe holds.
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=512', path, '8M');
  const commands = Array.from({ length: 4096 }, (_, index) => `write -z ${index * 1024} 512`);
  await qemuIo(path, 'qcow2', ...commands);
  const whole = await runCli(['map', path]);
  t.is(whole.status, 0);
  t.is(whole.stdout.split('\n').length, 1 + 2 * 4096 + 1);
  const cut = await runInShell(`set -o pipefail; "$@" | head -n 1`, ['map', '--json', path]);
  t.is(cut.status, 0, cut.stderr);
  t.is(cut.stderr, '');
  t.regex(cut.stdout, /^\[\{ "start": 0, "length": 512,/);
});

test('what cannot be read is refused', async (t) => {
  await using folder = await makeFolder();
  await assertRefused(t, folder, ['map', 'missing.raw'], {
    code: 'IO_NOT_FOUND',
    says: /^error: map: missing\.raw: /,
  });
  await qemuImg('create', '-q', '-f', 'qcow2', '-u', '-b', 'base', '-F', 'raw', folder.at('a.qcow2'), '1M');
  await assertRefused(t, folder, ['map', 'a.qcow2'], { code: 'QCOW2_EXTERNAL_FILE' });
  await assertRefused(t, folder, ['map'], { code: 'ARGUMENT_INVALID', status: 2 });
});

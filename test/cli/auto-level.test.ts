import test from 'ava';
import { runCli } from '../helpers/cli.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, prose } from '../helpers/images.js';
import { assertRefused } from '../helpers/refusal.js';

test('level auto tells which level it took and why, on stderr and in the JSON', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 1 << 20, [{ offsetBytes: 0, bytes: prose(300_000) }]);
  const args = ['convert', '--json', '--level', 'auto', '--bandwidth', '200M', 'disk.raw', 'disk.qcow2.gz'];
  const { status, stdout, stderr } = await runCli(args, { cwd: folder.path });
  t.is(status, 0);
  const { level, 'level-choice': choice } = JSON.parse(stdout);
  t.true(Number.isInteger(level) && level >= 0 && level <= 12);
  t.is(choice.bandwidth, 200e6);
  t.true(choice.measured.some((each: { level: number }) => each.level === level));
  t.regex(
    stderr,
    new RegExp(`^took level ${level} \\(${choice.engine} ${choice['engine-level']}\\): .* at 200 Mbit/s`),
  );
});

test('where there is nothing to measure with it says so', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 1 << 20);
  const args = ['convert', '--level', 'auto', '--bandwidth', '200M', 'disk.raw', 'disk.qcow2.gz'];
  const { status, stderr } = await runCli(args, { cwd: folder.path });
  t.is(status, 0);
  t.regex(stderr, /^took level 6 \(\w+ \d\), the default: there is no data to measure with\n$/);
});

test('other levels say nothing of a choice', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 1 << 20);
  const { stdout, stderr } = await runCli(['convert', '--json', 'disk.raw', 'disk.raw.gz'], {
    cwd: folder.path,
  });
  t.is(stderr, '');
  t.false('level' in JSON.parse(stdout) || 'level-choice' in JSON.parse(stdout));
});

test('level auto wants the bandwidth, and a target that is compressed', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 1 << 20);
  const refused = { code: 'ARGUMENT_INVALID', status: 2 } as const;
  await assertRefused(t, folder, ['convert', '--level', 'auto', 'disk.raw', 'a.raw.gz'], {
    ...refused,
    says: /add its bandwidth, such as --bandwidth 200M/,
  });
  const auto = ['convert', '--level', 'auto', '--bandwidth', '1G'];
  await assertRefused(t, folder, [...auto, 'disk.raw', 'a.qcow2'], { ...refused, says: /for \.gz targets/ });
  await assertRefused(t, folder, [...auto, '--engine', 'zlib', 'disk.raw', 'a.raw.gz'], {
    ...refused,
    says: /leave the engine out/,
  });
});

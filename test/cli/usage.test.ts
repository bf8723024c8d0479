import { readFile } from 'node:fs/promises';
import test from 'ava';
import { runCli } from '../helpers/cli.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw } from '../helpers/images.js';
import { assertRefused } from '../helpers/refusal.js';

const commands = [
  [],
  ['convert'],
  ['info'],
  ['compare'],
  ['digest'],
  ['check'],
  ['bench'],
  ['doctor'],
  ['completion'],
  ['manifest', 'create'],
  ['presign'],
  ['manifest', 'validate'],
  ['manifest', 'repair'],
  ['manifest', 'resign'],
  ['manifest', 'show'],
];

for (const command of commands) {
  test(`help of omiforge ${command.join(' ')}`, async (t) => {
    const asked = await runCli([...command, '--help']);
    t.is(asked.status, 0);
    t.is(asked.stderr, '');
    t.regex(asked.stdout, /^Usage: omiforge/);
    t.regex(asked.stdout, /\nExamples:\n/);
    t.regex(asked.stdout, new RegExp(`\\$ omiforge ${command.join(' ')}`));
  });
}

test('help is a command too', async (t) => {
  for (const args of [
    ['help'],
    ['help', 'convert'],
    ['manifest', 'help', 'create'],
    ['help', 'manifest', 'create'],
  ]) {
    const { status, stdout, stderr } = await runCli(args);
    t.is(status, 0, args.join(' '));
    t.is(stderr, '');
    t.regex(stdout, /Examples:/);
    t.true(stdout.startsWith(`Usage: omiforge ${args.filter((arg) => arg !== 'help').join(' ')}`));
  }
});

test('help of what is behind a command does not run it', async (t) => {
  const { status, stdout } = await runCli(['help', 'info', 'no.raw']);
  t.is(status, 0);
  t.regex(stdout, /^Usage: omiforge info/);
});

test('the version is the one of the package', async (t) => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  for (const flag of ['--version', '-V']) {
    const { status, stdout, stderr } = await runCli([flag]);
    t.deepEqual({ status, stdout, stderr }, { status: 0, stdout: `${version}\n`, stderr: '' });
  }
});

test('no command at all shows the help as an error', async (t) => {
  for (const args of [[], ['manifest']]) {
    const { status, stdout, stderr } = await runCli(args);
    t.is(status, 2);
    t.is(stdout, '');
    t.regex(stderr, /^Usage: omiforge/);
  }
});

const misuses: ReadonlyArray<readonly [args: readonly string[], says: RegExp]> = [
  [['frobnicate'], /unknown command 'frobnicate'.*see 'omiforge --help'/],
  [['convrt', 'a.raw', 'b.raw'], /Did you mean convert\?/],
  [['help', 'convrt'], /unknown command 'convrt' \(Did you mean convert\?\)/],
  [['help', 'manifest', 'crate'], /manifest: unknown command 'crate' \(Did you mean create\?\)/],
  [['completion'], /completion: missing required argument 'shell'/],
  [['completion', 'tcsh'], /completion: .*Allowed choices are bash, zsh, fish/],
  [['--level', '3'], /unknown option '--level'/],
  [['convert'], /convert: missing required argument 'src'; see 'omiforge convert --help'/],
  [['convert', 'a.raw'], /convert: missing required argument 'dst'/],
  [['convert', 'a.raw', 'b.raw', 'c.raw'], /convert: too many arguments/],
  [['convert', '--frobnicate', 'a.raw', 'b.raw'], /convert: unknown option '--frobnicate'/],
  [['convert', '--forse', 'a.raw', 'b.raw'], /Did you mean --force\?/],
  [['convert', '--level', '13', 'a.raw', 'b.raw.gz'], /level is 13; allowed are integers from 0 to 12/],
  ...['20', '-1', '1.5', '', '1e0', ' 1'].map(
    (level) =>
      [['convert', '--level', level, 'a.raw', 'b.raw.gz'], /--level.*Use an integer from 0 to 12/] as const,
  ),
  [['convert', 'a.raw', 'b.raw.gz', '--level'], /--level.*argument missing/],
  ...['0', '1025', 'all', '99999999999999999999'].map(
    (threads) =>
      [
        ['convert', '--threads', threads, 'a.raw', 'b.raw'],
        /--threads.*Use an integer from 1 to 1024/,
      ] as const,
  ),
  ...['-f', '-O'].flatMap((flag) =>
    ['vmdk', 'RAW', ''].map(
      (format) =>
        [
          ['convert', flag, format, 'a.raw', 'b.raw'],
          /Allowed choices are raw, qcow2, raw\.gz, qcow2\.gz/,
        ] as const,
    ),
  ),
  [['convert', 'a.raw', 'b.vmdk'], /convert: b\.vmdk: .*does not end in \.raw, \.img or \.qcow2.* -O/],
  [['convert', 'a.raw', 'b'], /convert: b: .*format is not known/],
  [['convert', 'a.raw', 'b.gz'], /convert: b\.gz: .*format is not known/],
  [['convert', 'a.raw', '-'], /standard output has no name.* -O/],
  [['convert', '-', '-'], /standard input: is empty|standard output has no name/],
  [['convert', '--verify', '-O', 'raw', 'a.raw', '-'], /cannot be read back.*convert to a file/],
  ...['--pad', '--pad-to'].flatMap((flag) => [
    ...['', '0', '-1G', '1.5G', '1GB', '1 G', '9007199254740992', '8192T'].map(
      (size) =>
        [['convert', flag, size, 'a.raw', 'b.raw'], /--pad.*Use a size of 1 or more, such as 512M/] as const,
    ),
    [['convert', flag, '1000', 'a.raw', 'b.raw'], /is 1000 bytes; allowed are multiples of 512/] as const,
  ]),
  [['convert', '--pad', '1G', '--pad-to', '1G', 'a.raw', 'b.raw'], /leave out one of both/],
  [['convert', '--sync', '-O', 'raw', 'a.raw', '-'], /cannot be brought to the disk; convert to a file/],
  ...['', '0', '-5', '200 M', '200Mbit', '1e9', '0.1'].map(
    (bandwidth) =>
      [
        ['convert', '--level', 'auto', '--bandwidth', bandwidth, 'a.raw', 'b.raw.gz'],
        /--bandwidth.*Use bits per second of 1 or more, such as 200M/,
      ] as const,
  ),
  [['convert', '--bandwidth', '1M', 'a.raw', 'b.raw.gz'], /with level 'auto' only/],
  [
    ['convert', '-c', '--level', 'auto', '--bandwidth', '1M', 'a.raw', 'b.qcow2.gz'],
    /does not choose for compressed clusters/,
  ],
  [['bench', '--bandwidth', '1M,,2M', 'a.raw'], /--bandwidth.*Use bits per second/],
  [['bench', '--threads', '1,0', 'a.raw'], /--threads.*Use an integer from 1 to 1024/],
  [['bench', '--sample', '1T', 'a.raw'], /--sample.*Use a size of 1 or more, such as 256M/],
  [['bench', '--seconds', '0', 'a.raw'], /--seconds.*Use an integer/],
  [['bench', 'a.raw', 'b.raw'], /bench: too many arguments/],
  [['doctor', 'a.raw'], /doctor: too many arguments/],
  [['convert', '-c', 'a.raw', 'b.raw'], /a raw target has no clusters to compress; choose qcow2/],
  [['convert', '-c', 'a.raw', 'b.raw.gz'], /a raw target has no clusters to compress; choose qcow2/],
  [['convert', '--compression-type', 'zstd', 'a.raw', 'b.qcow2'], /--compression-type .*add -c/],
  [['convert', '-c', '--compression-type', 'lzo', 'a.raw', 'b.qcow2'], /Allowed choices are zlib, zstd/],
  ...(['0', '13'] as const).map(
    (level) =>
      [
        ['convert', '-c', '--level', level, 'a.raw', 'b.qcow2'],
        /level is \d+; allowed are integers from 1 to 12/,
      ] as const,
  ),
  [
    ['convert', '-c', '--compression-type', 'zstd', '--level', '0', 'a.raw', 'b.qcow2'],
    /level is 0; allowed are integers from 1 to 19/,
  ],
  [
    ['convert', '-c', '--compression-type', 'zstd', '--engine', 'zlib', 'a.raw', 'b.qcow2'],
    /the engine zlib makes no zstd clusters/,
  ],
  [['info'], /info: missing required argument 'image'/],
  [['info', '--frobnicate', 'a.raw'], /info: unknown option/],
  [['info', '-f', 'vdi', 'a.raw'], /Allowed choices/],
  [['compare', 'a.raw'], /compare: missing required argument 'b'/],
  [['compare', 'a.raw', 'a.raw', 'a.raw'], /compare: too many arguments/],
  [['compare', '--threads', '0', 'a.raw', 'a.raw'], /compare: .*Use an integer/],
  [['manifest', 'destroy'], /manifest: unknown command 'destroy'; see 'omiforge manifest --help'/],
  [['manifest', 'create', '--name', 'n'], /manifest create: missing required argument 'file'/],
  [['manifest', 'validate'], /manifest validate: missing required argument 'file'/],
  [['manifest', 'repair', 'a.raw', 'b.raw'], /manifest repair: too many arguments/],
  [
    ['manifest', 'resign', '--expires', '8d', 'a.raw'],
    /manifest resign: .*--expires.*Use 1 to 604800 seconds/,
  ],
  [['manifest', 'show', '--at', 'today', 'a.raw'], /manifest show: .*--at.*Use a date such as/],
];

for (const [args, says] of misuses) {
  test(`bad usage: ${JSON.stringify(args)}`, async (t) => {
    await using folder = await makeFolder();
    await makeRaw(folder.at('a.raw'), 4096);
    await assertRefused(t, folder, args, {
      code: 'ARGUMENT_INVALID',
      status: 2,
      says,
      input: new Uint8Array(512),
    });
  });
}

import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import type { FormatName } from '../../src/index.js';
import { endOf, runCli, runInShell, startCli } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { stateOf } from '../helpers/folder-state.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { assertOneLine, assertRefused } from '../helpers/refusal.js';
import { withoutGzipIndex } from '../helpers/without-gzip-index.js';

const formats: readonly FormatName[] = ['raw', 'qcow2', 'raw.gz', 'qcow2.gz'];

/** The same disk in all formats: holes, zeros, text, noise, and an end within a segment. */
async function makeSources(folder: Folder): Promise<void> {
  await makeRaw(folder.at('disk.raw'), 9 * 1024 * 1024 + 512, [
    { offsetBytes: 0, bytes: prose(70_000) },
    { offsetBytes: 200_000, bytes: new Uint8Array(300_000) },
    { offsetBytes: 5 * 1024 * 1024 - 3, bytes: noise(600_000) },
  ]);
  for (const format of formats.slice(1)) {
    const { status } = await runCli(['convert', 'disk.raw', `disk.${format}`], { cwd: folder.path });
    if (status !== 0) throw new Error(`disk.${format} could not be made`);
  }
}

test('through pipes comes what comes into files, byte for byte', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const options = { cwd: folder.path, env: { TMPDIR: folder.path } };
  for (const to of formats) {
    await runCli(['convert', 'disk.raw', `expected.${to}`], options);
    const file = await readFile(folder.at(`expected.${to}`));
    // An index is written when the file is finished, which a pipe does not allow.
    const expected = to.endsWith('.gz') ? withoutGzipIndex(file) : file;
    for (const from of formats) {
      const before = await stateOf(folder.path);
      const script = `cat disk.${from} | "$@" | cat`;
      const { status, stdoutBytes, stderr } = await runInShell(
        script,
        ['convert', '-O', to, '-', '-'],
        options,
      );
      t.is(status, 0);
      t.true(stdoutBytes.equals(expected), `${from} to ${to}`);
      t.regex(stderr, /^standard output: disk of [^\n]*\n$/);
      t.deepEqual(await stateOf(folder.path), before);
    }
  }
});

test('the format of standard input can be stated', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const input = await readFile(folder.at('disk.qcow2'));
  const args = ['convert', '-f', 'raw', '-', 'new.raw'];
  const { status } = await runCli(args, { cwd: folder.path, input });
  t.is(status, 0);
  t.true((await readFile(folder.at('new.raw'))).equals(input));
});

test('neither escape sequences nor progress go where no terminal is', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  for (const args of [
    ['convert', '--verify', 'disk.qcow2.gz', 'new.raw.gz'],
    ['compare', 'disk.raw', 'disk.raw.gz'],
    ['info', 'disk.raw', 'disk.qcow2.gz'],
  ]) {
    const { status, stdout, stderr } = await runCli(args, { cwd: folder.path });
    t.is(status, 0);
    t.is(stderr, '');
    t.notRegex(stdout, /[^\n\x20-\x7e]/);
  }
});

test('a reader that goes early', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  for (const format of formats) {
    const before = await stateOf(folder.path);
    const script = `"$@" | head -c 10; exit "\${PIPESTATUS[0]}"`;
    const args = ['convert', '-O', format, 'disk.raw', '-'];
    const ended = await runInShell(script, args, { cwd: folder.path });
    t.is(ended.status, 1);
    t.is(ended.stdoutBytes.length, 10);
    assertOneLine(t, ended.stderr, 'IO_BROKEN_PIPE');
    t.regex(ended.stderr, /: standard output: the program reading the output has gone/);
    t.deepEqual(await stateOf(folder.path), before);
  }
});

test('a reader of results that has seen enough is no failure', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  for (const args of [['info', 'disk.raw'], ['info', '--json', 'disk.qcow2'], ['--help']]) {
    const script = `exec 3> >(exec true); wait $!; "$@" >&3`;
    const { status, stderr } = await runInShell(script, args, { cwd: folder.path });
    t.is(status, 0, args.join(' '));
    t.is(stderr, '');
  }
});

test('standard output that is full', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const run = (args: readonly string[], options = {}) => runInShell('exec "$@" > /dev/full', args, options);
  const refusal = { code: 'IO_NO_SPACE', says: /: standard output: no space left/, run } as const;
  for (const format of formats) {
    await assertRefused(t, folder, ['convert', '-O', format, 'disk.raw', '-'], refusal);
  }
  await assertRefused(t, folder, ['info', 'disk.raw'], refusal);
  await assertRefused(t, folder, ['info', '--json', 'disk.raw'], refusal);
  await assertRefused(t, folder, ['compare', 'disk.raw', 'disk.qcow2'], { ...refusal, status: 2 });
});

test('a standard error that nobody reads does not leave half a file', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const gzip = await readFile(folder.at('disk.raw.gz'));
  await writeFile(folder.at('warns.raw.gz'), Buffer.concat([gzip, Buffer.from('garbage')]));
  const script = `exec 3> >(exec true); wait $!; "$@" 2>&3`;
  const { status } = await runInShell(script, ['convert', 'warns.raw.gz', 'new.qcow2'], { cwd: folder.path });
  t.is(status, 0);
  t.deepEqual(Object.keys(await stateOf(folder.path)).sort(), [
    'disk.qcow2',
    'disk.qcow2.gz',
    'disk.raw',
    'disk.raw.gz',
    'new.qcow2',
    'warns.raw.gz',
  ]);
});

test('standard output that is the source itself', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 1024 * 1024, [{ offsetBytes: 0, bytes: noise(4096) }]);
  const run = (args: readonly string[], options = {}) => runInShell('exec "$@" >> disk.raw', args, options);
  await assertRefused(t, folder, ['convert', '-O', 'raw', 'disk.raw', '-'], {
    code: 'TARGET_IS_SOURCE',
    says: /standard output: is the source itself/,
    run,
  });
});

test('standard input that is empty or closed', async (t) => {
  await using folder = await makeFolder();
  const before = await stateOf(folder.path);
  for (const redirection of ['</dev/null', '<&-']) {
    for (const target of ['new.raw', '-']) {
      const run = (args: readonly string[], options = {}) =>
        runInShell(`exec "$@" ${redirection}`, args, options);
      await assertRefused(t, folder, ['convert', '-O', 'raw', '-', target], {
        code: 'IO_EMPTY',
        says: /: standard input: is empty/,
        run,
      });
    }
  }
  t.deepEqual(await stateOf(folder.path), before);
});

test('standard input that is cut short or something else', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const gzip = await readFile(folder.at('disk.raw.gz'));
  for (const target of ['new.raw', 'new.qcow2', '-']) {
    await assertRefused(t, folder, ['convert', '-O', 'raw.gz', '-', target], {
      code: 'GZIP_TRUNCATED',
      says: /: standard input: ends at byte 500000, /,
      input: gzip.subarray(0, 500_000),
    });
  }
  await assertRefused(t, folder, ['convert', '-', 'new.raw'], {
    code: 'FORMAT_UNSUPPORTED',
    says: /: standard input: looks like VMDK; /,
    input: Buffer.from('KDMV and a few more bytes'),
  });
});

test('a source that stops coming can be interrupted', async (t) => {
  await using folder = await makeFolder();
  const before = await stateOf(folder.path);
  for (const target of ['new.raw', 'new.qcow2.gz']) {
    const child = startCli(['convert', '-', target], { cwd: folder.path, env: { TMPDIR: folder.path } });
    t.teardown(() => child.kill('SIGKILL'));
    const end = endOf(child);
    // More than a pipe holds: when it is gone, the command reads and waits for the rest.
    await new Promise((resolve) => child.stdin?.write(noise(2_000_000), resolve));
    child.kill('SIGINT');
    const { status, stderr } = await end;
    t.is(status, 130);
    t.is(stderr, 'interrupted: convert has left nothing behind\n');
    t.deepEqual(await stateOf(folder.path), before);
  }
});

test('a reader that stops reading can be interrupted', async (t) => {
  await using folder = await makeFolder();
  await writeFile(folder.at('disk.raw'), noise(3_000_000));
  execFileSync('mkfifo', [folder.at('fifo')]);
  // For writing too, so that opening it does not wait.
  const fifo = await open(folder.at('fifo'), 'r+');
  for (const format of formats) {
    const child = startCli(['convert', '-O', format, 'disk.raw', '-'], {
      cwd: folder.path,
      stdio: ['ignore', fifo.fd, 'pipe'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    const end = endOf(child);
    // Its first bytes, and no more.
    await fifo.read(Buffer.alloc(10));
    child.kill('SIGTERM');
    const { status, stderr } = await end;
    t.is(status, 130);
    t.is(stderr, 'interrupted: convert has left nothing behind\n');
    await drain(folder.at('fifo'));
  }
  await fifo.close();
  t.deepEqual(Object.keys(await stateOf(folder.path)), ['disk.raw', 'fifo']);
});

/** Empties a FIFO that somebody holds open for writing, without waiting for more. */
async function drain(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(1_000_000);
  try {
    while ((await handle.read(buffer)).bytesRead > 0);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN') throw thrown;
  } finally {
    await handle.close();
  }
}

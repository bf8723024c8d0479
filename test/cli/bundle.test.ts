import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { cliPath, type Ended, endOf, runCli } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';

const mebibyte = 1024 * 1024;
const source = dirname(dirname(cliPath));

interface Coverage {
  readonly result: readonly { readonly url: string }[];
}

/** Runs the command line, and finds out which files with code it has loaded, in all its threads. */
async function loadedFiles(folder: Folder, args: readonly string[]): Promise<Ended & { loaded: string[] }> {
  const reports = folder.at('loaded');
  const ended = await runCli(args, { cwd: folder.path, env: { NODE_V8_COVERAGE: reports } });
  const files = new Set<string>();
  for (const name of await readdir(reports)) {
    const { result } = JSON.parse(await readFile(join(reports, name), 'utf8')) as Coverage;
    for (const { url } of result) {
      if (url.startsWith('file:')) files.add(fileURLToPath(url).replace(`${source}/`, ''));
    }
  }
  return { ...ended, loaded: [...files].sort() };
}

test('what runs is one file: the bundle', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), mebibyte);
  const { status, loaded } = await loadedFiles(folder, ['info', 'disk.raw']);
  t.is(status, 0);
  t.deepEqual(loaded, ['cli/main.cjs'], "where there is more, 'npm run build:ts' was not run after tsc");
});

test('completion comes from the bundle alone', async (t) => {
  await using folder = await makeFolder();
  const { status, loaded } = await loadedFiles(folder, ['completion', 'bash']);
  t.is(status, 0);
  t.deepEqual(loaded, ['cli/main.cjs']);
});

test('a small image is converted and compared without a worker thread', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 4 * mebibyte, [{ offsetBytes: 4096, bytes: noise(mebibyte) }]);
  for (const args of [
    ['convert', '--verify', 'disk.raw', 'new.raw'],
    ['convert', 'disk.raw', 'new.qcow2.gz'],
    ['convert', '--verify', '-c', 'disk.raw', 'new.qcow2'],
    ['compare', 'disk.raw', 'new.qcow2'],
  ]) {
    const { status, stderr, loaded } = await loadedFiles(folder, args);
    t.is(status, 0, stderr);
    t.deepEqual(loaded, ['cli/main.cjs'], args.join(' '));
  }
});

test('threads run bundles too', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 40 * mebibyte, [{ offsetBytes: 0, bytes: noise(40 * mebibyte) }]);
  const { status, loaded } = await loadedFiles(folder, ['convert', '--verify', 'disk.raw', 'new.qcow2.gz']);
  t.is(status, 0);
  t.deepEqual(loaded, ['cli/main.cjs', 'workers/piscina.cjs', 'workers/thread.cjs']);
});

test('what goes wrong in a thread is told as ever', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 40 * mebibyte, [{ offsetBytes: 0, bytes: noise(40 * mebibyte) }]);
  await runCli(['convert', 'disk.raw', 'disk.raw.gz'], { cwd: folder.path });
  const file = await readFile(folder.at('disk.raw.gz'));
  file.fill(0xff, 20 * mebibyte, 20 * mebibyte + 1000);
  await writeFile(folder.at('disk.raw.gz'), file);
  const { status, stderr } = await runCli(['convert', 'disk.raw.gz', 'new.qcow2'], { cwd: folder.path });
  t.is(status, 1);
  t.regex(stderr, /^error: convert: disk\.raw\.gz: [^\n]+ \[GZIP_[A-Z_]+\]\n$/);
});

test('the program says the same from its modules, which is how tsc alone leaves it', async (t) => {
  await using folder = await makeFolder();
  const program = JSON.stringify(new URL('../../src/cli/program.js', import.meta.url).href);
  await writeFile(folder.at('main.cjs'), `void import(${program}).then(({ main }) => main());`);
  for (const args of [['--version'], ['--help'], ['convert', '--help'], ['frobnicate'], ['info', 'no.raw']]) {
    const bundled = await runCli(args);
    const unbundled = await endOf(spawn(process.execPath, [folder.at('main.cjs'), ...args]));
    t.deepEqual(
      [unbundled.status, unbundled.stdout, unbundled.stderr],
      [bundled.status, bundled.stdout, bundled.stderr],
      args.join(' '),
    );
  }
});

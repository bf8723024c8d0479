import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { endOf, startCli } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { stateOf } from '../helpers/folder-state.js';
import { makeRaw, noise } from '../helpers/images.js';

const mebibyte = 1024 * 1024;

/** A disk that takes long enough to be interrupted: noise, which no level makes short work of. */
async function makeSource(folder: Folder): Promise<void> {
  const bytes = noise(48 * mebibyte);
  const islands = [0, 1, 2, 3].map((index) => ({ offsetBytes: index * 50 * mebibyte, bytes }));
  await makeRaw(folder.at('disk.raw'), 200 * mebibyte, islands);
}

/** Waits until the command has begun to write, then a little more. */
async function afterItsBegin(folder: Folder, delayMs: number, isOver: () => boolean): Promise<void> {
  const before = (await readdir(folder.path)).length;
  while (!isOver() && (await readdir(folder.path)).length === before) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** Interrupts a command at some moment after it has begun to write; answers whether it was in time. */
async function interrupt(
  t: ExecutionContext,
  folder: Folder,
  args: readonly string[],
  signal: NodeJS.Signals,
  delayMs: number,
): Promise<boolean> {
  const before = await stateOf(folder.path);
  const env = { TMPDIR: folder.path };
  const child = startCli(args, { cwd: folder.path, env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  const end = endOf(child);
  await afterItsBegin(folder, delayMs, () => child.exitCode !== null);
  child.kill(signal);
  const { status, stdout, stderr } = await end;
  const after = await stateOf(folder.path);
  // Whoever comes too late finds everything done, and nothing half done.
  if (status === 0) {
    const { [args[args.length - 1] ?? '']: target, ...others } = after;
    t.truthy(target);
    t.deepEqual(others, before);
    execFileSync('rm', ['-f', folder.at(args[args.length - 1] ?? '')]);
    return false;
  }
  t.is(status, 130, `${args.join(' ')}: ${stderr}`);
  t.is(stderr, 'interrupted: convert has left nothing behind\n');
  t.is(stdout, '');
  t.deepEqual(after, before);
  return true;
}

const conversions: ReadonlyArray<readonly string[]> = [
  ['disk.raw', 'new.raw'],
  ['disk.raw', 'new.qcow2'],
  ['--level', '9', 'disk.raw', 'new.raw.gz'],
  ['--level', '9', 'disk.raw', 'new.qcow2.gz'],
  ['--verify', 'disk.raw', 'new.qcow2'],
  ['--sync', '--verify', '--level', '1', 'disk.raw', 'new.raw.gz'],
  ['--sync', 'disk.raw.gz', 'new.raw'],
  ['disk.raw.gz', 'new.qcow2'],
  ['--force', '--level', '9', 'disk.raw', 'old.qcow2.gz'],
];

test('an interrupted conversion ends with 130 and leaves nothing behind', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  execFileSync('gzip', ['-kn1', folder.at('disk.raw')]);
  await makeRaw(folder.at('old.qcow2.gz'), 1000);
  for (const [index, conversion] of conversions.entries()) {
    const signal = index % 2 === 0 ? 'SIGINT' : 'SIGTERM';
    const args = ['convert', ...conversion];
    // Somewhere in it; a machine on which it is over by then tries again at its very beginning.
    const isInTime =
      (await interrupt(t, folder, args, signal, Math.random() * 250)) ||
      (await interrupt(t, folder, args, signal, 0));
    t.log(`${conversion.join(' ')}: ${isInTime ? 'interrupted' : 'was faster'}`);
  }
});

test('a second signal ends it at once', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  const child = startCli(['convert', '--level', '9', 'disk.raw', 'new.raw.gz'], { cwd: folder.path });
  t.teardown(() => child.kill('SIGKILL'));
  const end = endOf(child);
  await afterItsBegin(folder, 0, () => child.exitCode !== null);
  // Both are pending before the first one is looked at, or the second comes while it is being obeyed.
  child.kill('SIGINT');
  const second = setInterval(() => child.kill('SIGTERM'), 1);
  const { status } = await end;
  clearInterval(second);
  // 0 where all was done before the first one came, SIGINT where nobody waited for one any more.
  t.true(['SIGTERM', 130, 0, 'SIGINT'].includes(status), `${status}`);
  const isWhole = (await readdir(folder.path)).includes('new.raw.gz');
  t.is(isWhole, status === 0 || status === 'SIGINT');
});

test('comparing can be interrupted', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  execFileSync('gzip', ['-kn1', folder.at('disk.raw')]);
  const before = await stateOf(folder.path);
  const options = { cwd: folder.path, env: { TMPDIR: folder.path } };
  const child = startCli(['compare', 'disk.raw', 'disk.raw.gz'], options);
  t.teardown(() => child.kill('SIGKILL'));
  const end = endOf(child);
  await afterItsBegin(folder, 20, () => child.exitCode !== null);
  child.kill('SIGINT');
  const { status, stdout, stderr } = await end;
  // On a busy machine the signal can come when all is compared.
  if (status === 0) {
    t.is(stdout, 'identical\n');
  } else {
    t.is(status, 130);
    t.is(stdout, '');
    t.is(stderr, 'interrupted: compare has left nothing behind\n');
  }
  t.deepEqual(await stateOf(folder.path), before);
});

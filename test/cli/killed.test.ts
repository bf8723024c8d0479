import { execFileSync } from 'node:child_process';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { isTemporaryName } from '../../src/files/leftovers.js';
import { convert } from '../../src/index.js';
import { endOf, runCli, startCli } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';
import { checkClean } from '../helpers/qemu.js';

const mebibyte = 1024 * 1024;
const killsOfEach = Number(process.env['OMIFORGE_TEST_KILLS'] ?? 10);

/**
 * Kills a conversion, in a way that no program is told of; answers what has come of it.
 *
 * @param isCountedFromFirstFile whether the delay begins with the first temporary file, not with the process
 */
async function killAfter(
  folder: Folder,
  args: readonly string[],
  delayMs: number,
  isCountedFromFirstFile: boolean,
): Promise<'killed' | 'done'> {
  const child = startCli(args, { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = endOf(child);
  while (isCountedFromFirstFile && child.exitCode === null) {
    if ((await readdir(folder.path)).some(isTemporaryName)) break;
    await setTimeout(1);
  }
  const timer = setTimeout(delayMs).then(() => child.kill('SIGKILL'));
  const { status, stderr } = await end;
  await timer;
  if (status !== 0 && status !== 'SIGKILL') throw new Error(`${args.join(' ')}: ${status} ${stderr}`);
  return status === 0 ? 'done' : 'killed';
}

/** What is not the same in two images of which all bytes should be; undefined where nothing is. */
async function differenceOf(path: string, referencePath: string): Promise<string | undefined> {
  const [bytes, reference] = await Promise.all([readFile(path), readFile(referencePath)]);
  if (bytes.equals(reference)) return undefined;
  const offsetBytes = bytes.findIndex((byte, at) => byte !== reference[at]);
  const content = await runCli(['compare', path, referencePath]);
  return `byte ${offsetBytes} of ${bytes.length} and ${reference.length}; ${content.stdout}${content.stderr}`;
}

/** Kills one conversion again and again, each time at another moment of its run. */
async function assertSurvives(t: ExecutionContext, source: string, target: string, flags: readonly string[]) {
  await using folder = await makeFolder();
  const islands = [0, 20].map((at) => ({ offsetBytes: at * mebibyte, bytes: noise(12 * mebibyte) }));
  await makeRaw(folder.at('disk.raw'), 40 * mebibyte, islands);
  await makeRaw(folder.at('small.raw'), 4096);
  execFileSync('gzip', ['-kn1', folder.at('disk.raw')]);
  const args = ['convert', ...flags, source, target];
  const startedMs = performance.now();
  t.is((await runCli(args, { cwd: folder.path })).status, 0);
  const wholeMs = performance.now() - startedMs;
  const reference = folder.at(`whole-${target}`);
  await rename(folder.at(target), reference);
  if (target.endsWith('.qcow2')) await checkClean(reference);
  const sources = (await readdir(folder.path)).sort();

  const tally = { killed: 0, done: 0, complete: 0, withLeftovers: 0 };
  for (let round = 0; round < killsOfEach; ++round) {
    // Every part of the run is hit, its very end too; half of the time the part in which files are written.
    const isWriting = round % 2 === 1;
    const mostMs = wholeMs * (isWriting ? 0.6 : 1.1);
    const outcome = await killAfter(folder, args, Math.random() * mostMs, isWriting);
    tally[outcome] += 1;
    const names = await readdir(folder.path);
    if (names.includes(target)) {
      tally.complete += 1;
      t.is(await differenceOf(folder.at(target), reference), undefined, 'what has its name is whole');
      await rm(folder.at(target));
    } else {
      t.is(outcome, 'killed');
    }
    const others = names.filter((name) => !sources.includes(name) && name !== target);
    t.deepEqual(
      others.filter((name) => !isTemporaryName(name)),
      [],
    );
    if (others.length > 0) tally.withLeftovers += 1;
    await convert(folder.at('small.raw'), folder.at('small.qcow2'));
    await rm(folder.at('small.qcow2'));
    t.deepEqual((await readdir(folder.path)).sort(), sources, 'the next run has removed what was left');
  }
  t.is((await runCli(args, { cwd: folder.path })).status, 0);
  t.is(await differenceOf(folder.at(target), reference), undefined);
  t.log(`${JSON.stringify(tally)}, whole run ${Math.round(wholeMs)} ms`);
}

for (const [source, target, ...flags] of [
  ['disk.raw', 'new.raw'],
  ['disk.raw', 'new.qcow2', '--sync'],
  ['disk.raw', 'new.raw.gz', '--verify', '--level', '1'],
  ['disk.raw.gz', 'new.qcow2.gz', '--level', '1'],
] as const) {
  test.serial(`killing ${source} to ${target} at any moment leaves nothing half done`, async (t) => {
    await assertSurvives(t, source, target, flags);
  });
}

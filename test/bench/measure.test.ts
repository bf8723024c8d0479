import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { type MeasureOptions, measure, outputOf } from '../../bench/measuring/measure.js';
import { runProgram, runShell } from '../../bench/measuring/shell.js';
import { parseUsage, runTimed } from '../../bench/measuring/timed.js';
import type { Scenario } from '../../bench/scenarios/scenario.js';
import { ForgeError, isAbort } from '../../src/errors.js';
import { makeFolder } from '../helpers/folder.js';

const never = new AbortController().signal;

const twoFiles: Scenario = {
  name: 'two files',
  inputs: [],
  tools: [],
  prepare: 'printf prepared > kept',
  contenders: [
    { name: 'ours', commandLine: 'echo ours >> "$LOG"; cp "$PREPARED/kept" out' },
    { name: 'rival', commandLine: 'echo rival >> "$LOG"; printf longer-than-that > out' },
  ],
  goals: { size: { most: 1, text: '1' } },
  proof: ['test "$(cat 0/out)" = prepared', 'test -e 1/out'],
};

async function optionsIn(folder: string, rounds = 2): Promise<MeasureOptions> {
  const environment = { LOG: join(folder, 'log') };
  return { rounds, scratch: join(folder, 'scratch'), environment, signal: never, onStep: () => {} };
}

test('contenders run in turn, once uncounted and then once a round', async (t) => {
  await using scope = await makeFolder();
  const folder = scope.path;
  const record = await measure(twoFiles, await optionsIn(folder));
  const [ours, rival] = record.contenders;
  t.deepEqual([ours?.runs.length, rival?.runs.length], [2, 2]);
  t.deepEqual([ours?.output?.sizeBytes, rival?.output?.sizeBytes], [8, 16]);
  t.is(record.verdicts[0]?.isMet, true);
  const log = await outputOf(join(folder, 'log'));
  t.is(log?.sizeBytes, 'ours\nrival\n'.length * 3);
  t.deepEqual(await readdir(folder), ['log']);
});

test('a wrong result is an error, and nothing is left of it', async (t) => {
  await using scope = await makeFolder();
  const folder = scope.path;
  const wrong = { ...twoFiles, proof: ['printf "pieces differ" >&2; false | cat'] };
  const error = await t.throwsAsync(measure(wrong, await optionsIn(folder, 1)), { instanceOf: ForgeError });
  t.regex(error?.message ?? '', /failed: pieces differ$/);
  t.deepEqual(await readdir(folder), ['log']);
});

test('a command that fails is an error with what it said, on one line', async (t) => {
  await using scope = await makeFolder();
  const folder = scope.path;
  const [ours] = twoFiles.contenders;
  const failing = { name: 'rival', commandLine: 'echo no; echo bad >&2; echo disk >&2; exit 3' };
  const broken: Scenario = { ...twoFiles, contenders: [ours, failing] };
  const error = await t.throwsAsync(measure(broken, await optionsIn(folder, 1)), { instanceOf: ForgeError });
  t.regex(error?.message ?? '', /failed: .*bad; disk$/);
  t.false(error?.message.includes('\n'));
});

test('what is interrupted ends with all that it started, and leaves nothing', async (t) => {
  await using scope = await makeFolder();
  const folder = scope.path;
  const controller = new AbortController();
  const options = { ...(await optionsIn(folder)), signal: controller.signal };
  const sleeping = { name: 'ours', commandLine: 'echo begun > "$LOG"; sleep 600 & sleep 600' };
  const [, rival] = twoFiles.contenders;
  const measuring = measure({ ...twoFiles, contenders: [sleeping, rival] }, options);
  while ((await outputOf(join(folder, 'log'))) === undefined) await sleep(10);
  controller.abort(new DOMException('interrupted', 'AbortError'));
  // It ends when the error pipe is closed, which all that was started has open.
  t.true(isAbort(await t.throwsAsync(measuring, { any: true })));
  t.deepEqual(await readdir(folder), ['log']);
});

test('a pipe fails when its first part does', async (t) => {
  await using scope = await makeFolder();
  const shell = { folder: scope.path, signal: never };
  await t.throwsAsync(runShell('false | cat', shell), { message: /exit status 1/ });
  await t.throwsAsync(runShell('false; true', shell), { message: /exit status 1/ });
  await t.notThrowsAsync(runShell('true | cat', shell));
});

test('a program that is not there is an error', async (t) => {
  await using scope = await makeFolder();
  const shell = { folder: scope.path, signal: never };
  await t.throwsAsync(runProgram(['no-such-program'], shell), { code: 'ENOENT' });
});

test('CPU time is that of all processes, memory that of the largest', async (t) => {
  await using scope = await makeFolder();
  const shell = { folder: scope.path, signal: never };
  const allocate = (mebibytes: number) =>
    `"${process.execPath}" -e "Buffer.alloc(${mebibytes} * 2 ** 20, 1)"`;
  const usage = join(shell.folder, 'usage');
  const small = await runTimed(allocate(1), 1, usage, shell);
  const large = await runTimed(`${allocate(1)}; ${allocate(200)} & wait; true`, 1, usage, shell);
  const grownBytes = large.peakBytes - small.peakBytes;
  t.true(grownBytes > 150 * 2 ** 20 && grownBytes < 250 * 2 ** 20, `${grownBytes}`);
  t.true(large.cpuMs > 0);
});

test('memory of the process that measures is not counted', async (t) => {
  await using scope = await makeFolder();
  const shell = { folder: scope.path, signal: never };
  const ballast = Buffer.alloc(100 * 2 ** 20, 1);
  const { peakBytes } = await runTimed('true', 1, join(shell.folder, 'usage'), shell);
  t.true(peakBytes < ballast.length / 4, `${peakBytes}`);
});

test('a command line that is repeated has run as often, and ends at its first failure', async (t) => {
  await using scope = await makeFolder();
  const shell = { folder: scope.path, signal: never };
  const usage = join(shell.folder, 'usage');
  await runTimed('echo >> count', 5, usage, shell);
  t.is((await outputOf(join(shell.folder, 'count')))?.sizeBytes, 5);
  await t.throwsAsync(runTimed('echo >> tries; false', 5, usage, shell));
  t.is((await outputOf(join(shell.folder, 'tries')))?.sizeBytes, 1);
});

test('what GNU time writes is read, and anything else refused', (t) => {
  t.deepEqual(parseUsage('1.50 0.25 2048\n'), { cpuMs: 1750, peakBytes: 2 * 2 ** 20 });
  t.throws(() => parseUsage('real 1.5'), { instanceOf: ForgeError, message: /not what GNU time writes/ });
});

test('the output of a folder is that of its files', async (t) => {
  await using scope = await makeFolder();
  const folder = scope.path;
  await mkdir(join(folder, 'out'));
  await runShell('printf 123 > out/a; printf 4567 > out/b', { folder, signal: never });
  t.is((await outputOf(join(folder, 'out')))?.sizeBytes, 7);
  t.is(await outputOf(join(folder, 'nothing')), undefined);
});

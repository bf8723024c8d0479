import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { makeFolder } from '../helpers/folder.js';
import { succeed } from '../helpers/qemu.js';

const benchPath = fileURLToPath(new URL('../../bench/run.js', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the benchmark, and interrupts it once it has said `moment` to standard error. */
async function runBench(
  args: readonly string[],
  { moment, env = process.env }: { moment?: RegExp; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [benchPath, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const isBefore = moment?.test(stderr) === false;
    stderr += text;
    if (isBefore && moment.test(stderr)) child.kill('SIGINT');
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout, stderr };
}

test('--list names every scenario with its goals and measures nothing', async (t) => {
  const { status, stdout, stderr } = await runBench(['--list', 'own']);
  t.deepEqual([status, stderr], [0, '']);
  t.regex(stdout, /^own qcow2\.gz to raw\n {2}against pigz, qemu-img; time ≤ 1\/5, size ≤ 1\.00/);
});

test('words that no scenario has are refused in one line', async (t) => {
  const { status, stderr } = await runBench(['own', 'vmdk']);
  t.is(status, 2);
  t.is(
    stderr,
    "error: bench: no scenario has 'own' and 'vmdk' in its name; see them with 'npm run bench -- --list' [ARGUMENT_INVALID]\n",
  );
});

test('programs that are missing are told in one line, with their packages', async (t) => {
  await using folder = await makeFolder();
  const args = ['--folder', folder.path, 'igzip'];
  const { status, stderr } = await runBench(args, { env: { PATH: folder.path } });
  t.is(status, 1);
  t.regex(
    stderr,
    /^error: bench: time, .*igzip.* not found; install what is missing \(.*\bisal\b.*\) \[IO_NOT_FOUND\]\n$/,
  );
  t.deepEqual(await readdir(folder.path), []);
});

test('a place where no report can be written is told before the work', async (t) => {
  await using folder = await makeFolder();
  const report = folder.at('missing/report.html');
  const { status, stderr } = await runBench(['--quick', '--folder', folder.path, '--report', report]);
  t.is(status, 1);
  t.regex(
    stderr,
    /^error: bench: .*report\.html: no such file or directory; check the path \[IO_NOT_FOUND\]\n$/,
  );
  t.deepEqual(await readdir(folder.path), []);
});

test('a scenario is measured, proved, printed and written', async (t) => {
  await using folder = await makeFolder();
  const json = folder.at('bench.json');
  const report = folder.at('bench.html');
  const place = ['--folder', folder.at('room'), '--json', json, '--report', report];
  const { status, stdout } = await runBench(['--quick', '--rounds', '1', ...place, 'incompressible']);
  t.is(status, 0);
  t.regex(
    stdout,
    /incompressible raw to qcow2\.gz, fast\n {2}contender .*\n {2}omiforge .*\n {2}qemu-img, pigz -1 /,
  );
  const record = JSON.parse(await succeed('cat', json)) as { scenarios: { outcome: string }[] };
  t.deepEqual(
    record.scenarios.map(({ outcome }) => outcome),
    ['measured'],
  );
  t.regex(await succeed('cat', report), /<svg /);
  t.deepEqual(await readdir(folder.at('room')), ['inputs-quick']);
});

for (const moment of [/making sparse-huge\.raw/, /warming up/, /round 1 of/]) {
  test(`an interrupt at '${moment.source}' leaves nothing half made`, async (t) => {
    await using folder = await makeFolder();
    const args = ['--quick', '--folder', folder.path, 'sparse'];
    const { status, stderr } = await runBench(args, { moment });
    t.is(status, 130);
    t.regex(stderr, /interrupted; nothing half-made is left\n$/);
    t.deepEqual(await readdir(folder.path), ['inputs-quick']);
    t.false((await readdir(join(folder.path, 'inputs-quick'))).includes('.unfinished'));
  });
}

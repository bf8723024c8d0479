import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { argv, cwd } from 'node:process';
import { fileURLToPath } from 'node:url';
import { ended } from '../../setup/run.mjs';
import { describePackages, missingPackages } from '../../setup/system-packages.mjs';
import { totalsLine } from '../../setup/test-totals.mjs';

const usage = `npm run fuzz [-- TARGET [SECONDS]]

Feeds the C++ core with made-up input. TARGET is the name of a .cc file of test/fuzz, or all (default); each runs for
SECONDS (default 10). An input that breaks a rule stays in test/fuzz/findings.`;

const folder = fileURLToPath(new URL('.', import.meta.url));
const findings = join(folder, 'findings');

// An input of that size needs no gigabyte, no allocation of more than a few clusters, and not half a minute.
const limits = ['-malloc_limit_mb=16', '-rss_limit_mb=1024', '-timeout=30'];

// Small inputs are fast ones, but seven clusters of 16 KiB are what a sound image with subclusters needs.
const mostBytes = 8192;
const mostImageBytes = 114688;
const imageTargets = ['check', 'mapping', 'placing', 'reading', 'snapshots'];

// Half as fast again as with the defaults. A finding that is replayed without them tells more.
const sanitizerOptions = {
  ASAN_OPTIONS: 'quarantine_size_mb=8:malloc_context_size=3',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};

/**
 * @typedef {object} Run what a target's run came to
 * @property {string} target
 * @property {number} executions
 * @property {string} coverage edges and features, as libFuzzer counts them
 * @property {number} seconds
 * @property {string | undefined} finding the path of the input that broke a rule
 * @property {boolean} isSound
 * @property {boolean} interrupted
 */

/**
 * @param {string[]} args
 * @returns {import('node:child_process').SpawnSyncReturns<string>}
 */
function make(...args) {
  return spawnSync('make', ['--no-print-directory', '--directory', folder, ...args], { encoding: 'utf8' });
}

/** @returns {string[]} the names of all targets, built; empty when they cannot be */
function builtTargets() {
  const probe = make('probe');
  if (probe.status !== 0) {
    console.error(`${probe.stdout ?? ''}${probe.stderr ?? probe.error?.message ?? ''}`.trimEnd());
    const missing = missingPackages().filter(({ purpose }) => purpose === 'npm run fuzz');
    console.error(
      missing.length === 0 ? 'clang++ cannot make a fuzz target' : `missing:\n${describePackages(missing)}`,
    );
    return [];
  }
  const build = spawnSync('make', ['--no-print-directory', '--directory', folder, 'all'], {
    stdio: 'inherit',
  });
  return build.status === 0 ? make('list').stdout.trim().split(' ') : [];
}

/**
 * What libFuzzer printed, and the path of the finding that it wrote, if it did.
 * @param {string} target
 * @param {number} seconds
 * @returns {Promise<{ log: string, isSound: boolean, interrupted: boolean }>}
 */
async function fuzz(target, seconds) {
  const corpora = ['corpus', 'seed-corpus'].map((name) => join(folder, 'build', name, target));
  for (const path of [findings, ...corpora]) mkdirSync(path, { recursive: true });
  const options = [
    `-max_len=${imageTargets.includes(target) ? mostImageBytes : mostBytes}`,
    `-max_total_time=${seconds}`,
    `-artifact_prefix=${join(findings, `${target}-`)}`,
    `-dict=${join(folder, 'formats.dict')}`,
    '-print_final_stats=1',
  ];
  const child = spawn(join(folder, 'build/bin', target), [...limits, ...options, ...corpora], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...sanitizerOptions },
  });
  /** @type {Buffer[]} */
  const chunks = [];
  child.stderr.on('data', (chunk) => chunks.push(chunk));
  const { status, interrupted } = await ended(child);
  return { log: Buffer.concat(chunks).toString(), isSound: status === 0, interrupted };
}

/**
 * @param {string} target
 * @param {number} seconds
 * @returns {Promise<Run>}
 */
async function runTarget(target, seconds) {
  const startMs = performance.now();
  const { log, isSound, interrupted } = await fuzz(target, seconds);
  // Without the lines about each new input, what is left is the report about the finding.
  if (!isSound && !interrupted) console.log(log.replaceAll(/^#\d+\s+(NEW|REDUCE|pulse) .*\n/gm, ''));
  const [, edges = '0', features = '0'] = [...log.matchAll(/ cov: (\d+) ft: (\d+) /g)].at(-1) ?? [];
  return {
    target,
    executions: Number(/number_of_executed_units: (\d+)/.exec(log)?.[1] ?? 0),
    coverage: `${edges} edges, ${features} features`,
    seconds: (performance.now() - startMs) / 1000,
    finding: /Test unit written to (.*)/.exec(log)?.[1],
    isSound,
    interrupted,
  };
}

/** @param {Run} run */
function report({ target, executions, coverage, seconds, finding, isSound }) {
  const perSecond = Math.round(executions / seconds);
  console.log(
    `  ${target.padEnd(9)} ${String(executions).padStart(10)} executions, ${String(perSecond).padStart(6)}/s, ` +
      `${coverage}: ${isSound ? 'nothing found' : 'FAILED'}`,
  );
  if (finding === undefined) return;
  const replay = [join(folder, 'build/bin', target), finding].map((path) => relative(cwd(), path));
  console.log(`    to replay it: ${replay.join(' ')}`);
}

/** @returns {Promise<void>} */
async function main() {
  const [wanted = 'all', secondsText = '10', ...more] = argv.slice(2);
  const seconds = Number(secondsText);
  const targets = builtTargets();
  if (targets.length === 0) {
    console.log(totalsLine({ passed: 0, failed: 1 }));
    process.exitCode = 1;
    return;
  }
  const chosen = wanted === 'all' ? targets : targets.filter((target) => target === wanted);
  if (chosen.length === 0 || !Number.isInteger(seconds) || seconds < 1 || more.length > 0) {
    console.error(`${usage}\n\ntargets: ${targets.join(' ')}`);
    process.exitCode = 2;
    return;
  }
  /** @type {Run[]} */
  const runs = [];
  for (const target of chosen) {
    const run = await runTarget(target, seconds);
    if (run.interrupted) {
      process.exitCode = 130;
      return;
    }
    report(run);
    runs.push(run);
  }
  const sum = runs.reduce((total, { executions }) => total + executions, 0);
  console.log(`  ${sum} executions in sum`);
  const failed = runs.filter(({ isSound }) => !isSound).length;
  console.log(totalsLine({ passed: runs.length - failed, failed }));
  if (failed > 0) process.exitCode = 1;
}

await main();

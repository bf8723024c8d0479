import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from '../setup/lock.mjs';
import { ForgeError, isAbort, toForgeError } from '../src/errors.js';
import { defaultThreads } from '../src/workers/worker-pool.js';
import { type BenchOptions, parseCommandLine, usage } from './command-line.js';
import { fullSizes, quickSizes } from './inputs/sizes.js';
import { runBenchmark } from './measuring/benchmark.js';
import type { BenchmarkRecord } from './record/record.js';
import { resultsMarkdown } from './report/markdown.js';
import { reportPage } from './report/page.js';
import { scenarioTable, summaryTable } from './report/table.js';
import { goalsText, machineFactsText } from './report/wording.js';
import { allScenarios, chosenScenarios } from './scenarios/all.js';
import type { Scenario } from './scenarios/scenario.js';

const exitStatus = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;
const resultsPath = fileURLToPath(new URL('../../bench/RESULTS.md', import.meta.url));

/** Every further Ctrl-C is ignored: npm sends one of its own besides that of the terminal, and cleaning up is short. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = () => controller.abort(new DOMException('interrupted', 'AbortError'));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  return controller.signal;
}

function all({ isQuick }: BenchOptions): readonly Scenario[] {
  return allScenarios(isQuick ? quickSizes : fullSizes, defaultThreads());
}

function chosen(options: BenchOptions): readonly Scenario[] {
  const { words, without } = options;
  const scenarios = chosenScenarios(all(options), words, without);
  if (scenarios.length > 0) return scenarios;
  throw new ForgeError(
    'ARGUMENT_INVALID',
    `no scenario has '${words.join("' and '")}' in its name; see them with 'npm run bench -- --list'`,
  );
}

function list(scenarios: readonly Scenario[]): void {
  for (const { name, contenders, goals } of scenarios) {
    console.log(`${name}\n  against ${contenders[1].name}; ${goalsText(goals) || 'no goal'}`);
  }
}

function hasFailed({ scenarios }: BenchmarkRecord): boolean {
  return scenarios.some(({ outcome }) => outcome === 'failed');
}

function leftOut({ scenarios }: BenchmarkRecord, options: BenchOptions): string[] {
  const names = all(options).map(({ name }) => name);
  return names.filter((name) => scenarios.every((scenario) => scenario.name !== name));
}

async function write(record: BenchmarkRecord, options: BenchOptions): Promise<void> {
  const { jsonPath, reportPath, writesResults } = options;
  const writeText = async (path: string, text: string) => {
    await writeFile(path, text);
    console.error(`written: ${path}`);
  };
  if (jsonPath !== undefined) await writeText(jsonPath, `${JSON.stringify(record, undefined, 2)}\n`);
  if (reportPath !== undefined) await writeText(reportPath, reportPage(record));
  if (!writesResults) return;
  if (hasFailed(record)) console.error(`left as it was, since a scenario failed: ${resultsPath}`);
  else await writeText(resultsPath, resultsMarkdown(record, leftOut(record, options)));
}

/** Only one run at a time: two would measure each other. */
async function inTurn<T>(folder: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const giveUp = () => process.exit(exitStatus.interrupted);
  const onWait = (pid: number) => {
    console.error(`another benchmark is at work in ${folder} (pid ${pid}); waiting for it`);
    signal.addEventListener('abort', giveUp);
  };
  await mkdir(folder, { recursive: true });
  return await withLock(join(folder, '.lock'), onWait, async () => {
    signal.removeEventListener('abort', giveUp);
    return await work();
  });
}

/** Looked at first, so that no run of an hour is lost to a typing error. */
async function checkPlaces({ jsonPath, reportPath }: BenchOptions): Promise<void> {
  for (const path of [jsonPath, reportPath]) {
    if (path === undefined) continue;
    await access(dirname(resolve(path)), constants.W_OK).catch((thrown: unknown) => {
      throw toForgeError(thrown, path);
    });
  }
}

async function measureAll(options: BenchOptions, signal: AbortSignal): Promise<number> {
  const scenarios = chosen(options);
  await checkPlaces(options);
  const folder = resolve(options.folder);
  const record = await inTurn(folder, signal, () =>
    runBenchmark(scenarios, {
      ...options,
      folder,
      sizes: options.isQuick ? quickSizes : fullSizes,
      signal,
      onStep: (step) => console.error(step),
      onScenario: (scenario) => console.log(`\n${scenarioTable(scenario)}\n`),
    }),
  );
  console.log(
    machineFactsText(record)
      .map((pair) => pair.join(' '))
      .join(', '),
  );
  console.log(`\n${summaryTable(record)}`);
  await write(record, options);
  return hasFailed(record) ? exitStatus.failed : exitStatus.done;
}

async function main(): Promise<number> {
  const signal = abortOnSignals();
  try {
    const options = parseCommandLine(process.argv.slice(2));
    if (options.task === 'measure') return await measureAll(options, signal);
    if (options.task === 'help') console.log(usage);
    else list(chosen(options));
    return exitStatus.done;
  } catch (thrown) {
    if (isAbort(thrown)) {
      console.error('interrupted; nothing half-made is left');
      return exitStatus.interrupted;
    }
    const error = toForgeError(thrown);
    console.error(`error: bench: ${error.toLine()}`);
    return error.code === 'ARGUMENT_INVALID' ? exitStatus.usage : exitStatus.failed;
  }
}

process.exitCode = await main();

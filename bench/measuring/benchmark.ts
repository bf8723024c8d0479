import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isInstalled, systemPackages } from '../../setup/system-packages.mjs';
import { ForgeError, toForgeError } from '../../src/errors.js';
import { type InputName, inOrderOfMaking } from '../inputs/input.js';
import { makeInputs } from '../inputs/make.js';
import type { Sizes } from '../inputs/sizes.js';
import type { BenchmarkRecord, InputRecord, ScenarioRecord } from '../record/record.js';
import type { Scenario } from '../scenarios/scenario.js';
import { machineFacts } from './machine.js';
import { measure, outputOf } from './measure.js';

export interface BenchmarkOptions {
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly folder: string;
  readonly sizes: Sizes;
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
  readonly onScenario: (scenario: ScenarioRecord) => void;
}

const run = promisify(execFile);

/** Half of one core is taken by something else. */
const busyLoad = 0.5;

function programPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

const programs = {
  NODE: process.execPath,
  OMIFORGE: programPath('../../src/cli/main.js'),
  CONVERT_MANY: programPath('../convert-many.js'),
};

/** One line about all programs that are missing. */
function checkTools(scenarios: readonly Scenario[], missing: (tool: string) => boolean): void {
  // Every run is measured by `time` and begins with `sync`; inputs are made with the others.
  const always = ['time', 'sync', 'bash', 'mke2fs', 'sfdisk', 'qemu-img', 'pigz'];
  const wanted = new Set([...always, ...scenarios.flatMap(({ tools }) => tools)]);
  const absent = [...wanted].filter(missing);
  if (absent.length === 0) return;
  const packages = absent.map((tool) => systemPackages.find(({ proof }) => proof === tool)?.debian ?? tool);
  const advice = `install what is missing (on Debian and Ubuntu: ${[...new Set(packages)].join(' ')})`;
  throw new ForgeError('IO_NOT_FOUND', `${absent.join(', ')} not found; ${advice}`);
}

async function recordOfInputs(folder: string, names: readonly InputName[]): Promise<readonly InputRecord[]> {
  const records = await Promise.all(
    inOrderOfMaking(names).map(async (name) => ({ name, output: await outputOf(join(folder, name)) })),
  );
  return records.flatMap(({ name, output }) => (output === undefined ? [] : [{ name, ...output }]));
}

/** What one scenario gave, also when it went wrong: the others are still worth their time. */
async function recordOf(
  scenario: Scenario,
  convertHelp: string,
  options: Parameters<typeof measure>[1],
): Promise<ScenarioRecord> {
  const { name, goals, convertOption } = scenario;
  // Options stand at the beginning of a line of the help, with a comma or a space behind.
  if (convertOption !== undefined && !new RegExp(`^\\s+${convertOption}[, ]`, 'm').test(convertHelp)) {
    const reason = `this version of omiforge has no 'convert ${convertOption}'`;
    return { name, goals, outcome: 'unavailable', reason };
  }
  try {
    return await measure(scenario, options);
  } catch (thrown) {
    options.signal.throwIfAborted();
    return { name, goals, outcome: 'failed', reason: toForgeError(thrown).toLine() };
  }
}

/**
 * Makes the inputs that are missing, then measures the scenarios one after the other.
 *
 * @param options.onStep told what is done now; `onScenario` what each scenario gave
 * @throws ForgeError when programs or inputs are missing; or the signal's reason
 */
export async function runBenchmark(
  scenarios: readonly Scenario[],
  options: BenchmarkOptions,
): Promise<BenchmarkRecord> {
  const { isQuick, rounds, folder, sizes, signal, onStep, onScenario } = options;
  checkTools(scenarios, (tool) => !isInstalled(tool));
  const inputs = join(folder, isQuick ? 'inputs-quick' : 'inputs-full');
  const wanted = scenarios.flatMap((scenario) => scenario.inputs);
  const startedAt = new Date().toISOString();
  // Before anything is done here, because it tells what else the machine is busy with.
  const machine = await machineFacts(folder);
  if (machine.loadBefore > busyLoad) {
    onStep(
      `warning: this machine is busy (load ${machine.loadBefore.toFixed(2)}), which falsifies the numbers`,
    );
  }
  await makeInputs(wanted, { sizes, folder: inputs, signal }, (name) => onStep(`making ${name}`));
  const { stdout: convertHelp } = await run(programs.NODE, [programs.OMIFORGE, 'convert', '--help']);
  const records: ScenarioRecord[] = [];
  for (const [index, scenario] of scenarios.entries()) {
    const title = `${index + 1} of ${scenarios.length}, ${scenario.name}`;
    const record = await recordOf(scenario, convertHelp, {
      rounds,
      scratch: join(folder, '.omiforge-bench-scratch'),
      environment: { ...programs, INPUTS: inputs },
      signal,
      onStep: (step) => onStep(`${title}: ${step}`),
    });
    records.push(record);
    onScenario(record);
  }
  const inputRecords = await recordOfInputs(inputs, wanted);
  return { startedAt, isQuick, rounds, machine, inputs: inputRecords, scenarios: records };
}

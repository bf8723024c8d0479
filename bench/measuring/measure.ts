import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { judge } from '../record/goals.js';
import type { ContenderRecord, MeasuredScenario, Output, Run } from '../record/record.js';
import { readable, type Scenario } from '../scenarios/scenario.js';
import { runProgram, runShell, type ShellOptions } from './shell.js';
import { runTimed } from './timed.js';

export interface MeasureOptions {
  readonly rounds: number;
  /** Scratch room, which is emptied before and after. */
  readonly scratch: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** What is done now, for people. */
  readonly onStep: (step: string) => void;
}

/** Size of a file, or of all files of a folder; undefined when there is nothing. */
export async function outputOf(path: string): Promise<Output | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found && { sizeBytes: found.size, allocatedBytes: found.blocks * 512 };
  const files = await Promise.all((await readdir(path)).map((name) => stat(join(path, name))));
  return {
    sizeBytes: files.reduce((sum, { size }) => sum + size, 0),
    allocatedBytes: files.reduce((sum, { blocks }) => sum + blocks * 512, 0),
  };
}

function contenderFolder(scratch: string, index: number): string {
  return join(scratch, `${index}`);
}

/** Runs one contender in its emptied folder, when nothing is left to be written of what ran before. */
async function runOnce(scenario: Scenario, index: number, options: MeasureOptions): Promise<Run> {
  const folder = contenderFolder(options.scratch, index);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const shell: ShellOptions = { ...options, folder };
  await runProgram(['sync', '--file-system', folder], shell);
  const { commandLine = '' } = scenario.contenders[index] ?? {};
  return runTimed(commandLine, scenario.repeats ?? 1, join(options.scratch, 'usage'), shell);
}

/**
 * One round that is not counted, which brings the inputs into memory, and then rounds in which each contender runs
 * once: A B A B ..., so that a machine that changes its speed changes it for all.
 */
async function runRounds(scenario: Scenario, options: MeasureOptions): Promise<readonly Run[][]> {
  const runs: Run[][] = scenario.contenders.map(() => []);
  const rounds = options.rounds * (scenario.roundsFactor ?? 1);
  for (let round = 0; round <= rounds; round += 1) {
    options.onStep(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
    for (const [index, kept] of runs.entries()) {
      const run = await runOnce(scenario, index, options);
      if (round > 0) kept.push(run);
    }
  }
  return runs;
}

/**
 * Measures a scenario, then proves that our last result is right.
 *
 * @throws ForgeError when a command or a proof fails; or the signal's reason
 */
export async function measure(scenario: Scenario, options: MeasureOptions): Promise<MeasuredScenario> {
  const { scratch, environment } = options;
  const prepared = join(scratch, 'prepared');
  const shell = { ...options, environment: { ...environment, PREPARED: prepared } };
  await rm(scratch, { recursive: true, force: true });
  try {
    await mkdir(prepared, { recursive: true });
    if (scenario.prepare !== undefined) {
      options.onStep('preparing');
      await runShell(scenario.prepare, { ...shell, folder: prepared });
    }
    const runs = await runRounds(scenario, shell);
    await runProgram(['sync', '--file-system', scratch], { ...shell, folder: scratch });
    const contenders = await Promise.all(
      scenario.contenders.map(async ({ name, commandLine }, index): Promise<ContenderRecord> => {
        const output = await outputOf(join(contenderFolder(scratch, index), 'out'));
        return { name, commandLine: readable(commandLine), runs: runs[index] ?? [], output };
      }),
    );
    for (const [index, proof] of scenario.proof.entries()) {
      options.onStep(`proving the result, ${index + 1} of ${scenario.proof.length}`);
      await runShell(proof, { ...shell, folder: scratch });
    }
    const { name, goals } = scenario;
    return { name, outcome: 'measured', goals, contenders, verdicts: judge(goals, contenders) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

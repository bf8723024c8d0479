import { spawn } from 'node:child_process';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender, Scenario } from './scenarios.js';

export interface Measured {
  readonly contender: string;
  readonly durationsMs: readonly number[];
  readonly outputBytes: number;
}

async function runShell(commandLine: string, folder: string): Promise<void> {
  const child = spawn('sh', ['-c', commandLine], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (status !== 0) throw new Error(`'${commandLine}' failed with status ${status}: ${complaint}`);
}

async function runOnce({ commandLine }: Contender, folder: string) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const startedMs = performance.now();
  await runShell(commandLine, folder);
  const durationMs = performance.now() - startedMs;
  const { size } = await stat(join(folder, 'out'));
  return { durationMs, size };
}

/**
 * Runs both contenders in turn, A B A B ..., so that a machine that changes its speed changes it for both. Whole
 * processes are timed, from start to end.
 *
 * @param folder scratch room, which is emptied
 */
export async function measure(
  scenario: Scenario,
  rounds: number,
  folder: string,
): Promise<readonly Measured[]> {
  const results = scenario.contenders.map(({ name }) => ({
    contender: name,
    durationsMs: [] as number[],
    outputBytes: 0,
  }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, contender] of scenario.contenders.entries()) {
      const { durationMs, size } = await runOnce(contender, folder);
      const result = results[index];
      if (result === undefined) continue;
      result.durationsMs.push(durationMs);
      result.outputBytes = size;
    }
  }
  await rm(folder, { recursive: true, force: true });
  return results;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

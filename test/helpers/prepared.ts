import { stat } from 'node:fs/promises';
import { PlanError } from '../../src/snapshot/plan/faults.js';
import { readPlan } from '../../src/snapshot/plan/read-plan.js';
import { type PreparedBatch, prepareBatch } from '../../src/snapshot/prepare.js';
import type { PrepareOptions } from '../../src/snapshot/prepare-options.js';
import type { Folder } from './folder.js';

/** Prepares one image of these disks, as a plan in the folder names them, in `out` or another directory. */
export async function prepareDisks(
  folder: Folder,
  disks: readonly string[],
  options: PrepareOptions & { readonly directory?: string; readonly more?: string } = {},
): Promise<PreparedBatch> {
  const lines = disks.map((disk) => `      - ${disk}\n`).join('');
  const text = `images:\n  - name: web\n    disks:\n${lines}${options.more ?? ''}`;
  const reading = readPlan(folder.at('plan.yaml'), text);
  if ('faults' in reading) throw new PlanError('plan.yaml', reading.faults);
  return await prepareBatch(reading, options.directory ?? folder.at('out'), options);
}

/** The messages of the faults for which a plan is refused. */
export async function faultsOf(run: Promise<unknown>): Promise<readonly string[]> {
  try {
    await run;
    return [];
  } catch (thrown) {
    if (thrown instanceof PlanError) return thrown.faults.map(({ message }) => message);
    throw thrown;
  }
}

/** What would change if a file were made again. */
export async function stampOf(path: string): Promise<string> {
  const { ino, mtimeNs } = await stat(path, { bigint: true });
  return `${ino} ${mtimeNs}`;
}

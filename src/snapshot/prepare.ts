import { setMaxListeners } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ForgeError, toForgeError } from '../errors.js';
import { removeLeftovers } from '../files/leftovers.js';
import type { GuestReport } from '../guest/report.js';
import { defaultThreads, WorkerPool } from '../workers/worker-pool.js';
import { BatchError } from './batch-error.js';
import { DirectoryLock } from './directory-lock.js';
import { guestFindings, leftFindings, manifestFindings } from './doubts.js';
import type { Finding, Findings } from './findings.js';
import { Journal } from './journal.js';
import type { Batch, BatchDisk, LocatedBatch } from './plan/batch.js';
import { inOrder, PlanError, type PlanFault } from './plan/faults.js';
import type { FaultyPlan } from './plan/read-plan.js';
import { ruleFaults } from './plan/rules.js';
import { placeFaults, preflight, sizeFindings, unknownSizeMessage, writtenAgain } from './preflight.js';
import { type PrepareContext, type PreparedDisk, prepareDisk } from './prepare-disk.js';
import { type PrepareOptions, workloadFor } from './prepare-options.js';
import { type Report, removeReport, reportOf, saveReport } from './report.js';

/** What a run has come to. */
export interface PreparedBatch {
  readonly report: Report;
  /** What stands on each disk, by its file. */
  readonly guests: ReadonlyMap<string, GuestReport>;
  /** How many disks a former run had finished. */
  readonly keptDisks: number;
  /** What is doubtful in the plan, and on the disks. */
  readonly warnings: readonly PlanFault[];
}

/**
 * Finds everything that is wrong with a batch before any work, and returns what is doubtful.
 *
 * @throws PlanError with every fault
 */
export async function checkBatch(
  located: LocatedBatch,
  directory: string,
  { force, signal }: Pick<PrepareOptions, 'force' | 'signal'> = {},
): Promise<readonly PlanFault[]> {
  const journal = await Journal.open(directory);
  return judge(located, await preflight(located.batch, { directory, journal, force, signal }));
}

/** What is wrong with a plan that is none, and with the sources that it names as far as it can be read. */
export async function allFaults(
  { faults, readable }: FaultyPlan,
  directory: string,
): Promise<readonly PlanFault[]> {
  const { batch, positionOf } = readable;
  const journal = await Journal.open(directory);
  const more = await placeFaults(batch, { directory, journal, force: true });
  return inOrder([...faults, ...more.map((fault) => ({ ...fault, position: positionOf(fault.path) }))]);
}

function judge(
  { batch, positionOf }: LocatedBatch,
  { faults, warnings }: Findings,
  outcome?: string,
): readonly PlanFault[] {
  const placed = (finding: Finding): PlanFault => ({ ...finding, position: positionOf(finding.path) });
  if (faults.length > 0) throw new PlanError(batch.label, inOrder(faults.map(placed)), outcome);
  return inOrder(warnings.map(placed));
}

/**
 * Prepares all disks of a batch, each proven, and writes the report. What a former run in the directory has finished of the
 * same sources with the same options stays as it is. A disk that fails does not stop the others.
 *
 * @param directory where it goes; made if need be, and this run's alone meanwhile
 * @throws PlanError, before any work but for the sizes that only inflating tells; BatchError BATCH_INCOMPLETE with every disk that failed; ForgeError BATCH_RUNNING, IO_*; or the
 * signal's reason
 *
 * @example
 * const reading = readPlan('plan.yaml', await readFile('plan.yaml', 'utf8'));
 * if ('batch' in reading) await prepareBatch(reading, 'prepared', { verify: true });
 */
export async function prepareBatch(
  located: LocatedBatch,
  directory: string,
  callerOptions: PrepareOptions = {},
): Promise<PreparedBatch> {
  const { threads, disks } = workloadFor(
    callerOptions.threads ?? defaultThreads(),
    callerOptions.memoryBytes,
  );
  const options = { ...callerOptions, threads, signal: manyListeners(callerOptions.signal) };
  // Before there is a look at the room: what a killed run has left takes some. Files of a run at work are locked.
  await removeAllLeftovers(directory);
  const warnings = await checkBatch(located, directory, options);
  const { batch } = located;
  await using _lock = await DirectoryLock.take(directory);
  const journal = await Journal.open(directory);
  for (const { folder } of batch.images) await makeFolder(join(directory, folder));
  // Held for all of it, so that the threads are started once.
  await using _pool = new WorkerPool(options.threads, { signal: options.signal });
  const outcome = await prepareAll(batch, disks, {
    directory,
    journal,
    options,
    retractReport: () => removeReport(directory, journal),
  });
  options.signal?.throwIfAborted();
  if (outcome.failures.length > 0) {
    await removeReport(directory, journal);
    throw incomplete(directory, batch, outcome);
  }
  assertRules(batch, outcome.prepared, located);
  const report = reportOf(batch, outcome.prepared);
  await saveReport(report, directory, journal);
  const unknownSizes = new Set(disksOf(batch).map(unknownSizeMessage));
  const doubts = [
    ...disksOf(batch).flatMap((disk) => sizesFound(disk, outcome.prepared.get(disk))),
    ...guestFindings(batch, outcome.prepared),
    ...(await leftFindings(batch, directory, journal)),
    ...(await manifestFindings(report, directory)),
  ].map((finding) => ({ ...finding, position: located.positionOf(finding.path) }));
  const keptDisks = [...outcome.prepared.values()].filter(({ isKept }) => isKept).length;
  return {
    report,
    guests: guestsOf(outcome.prepared),
    keptDisks,
    warnings: inOrder(unique([...warnings.filter(({ message }) => !unknownSizes.has(message)), ...doubts])),
  };
}

function disksOf({ images }: Batch): readonly BatchDisk[] {
  return images.flatMap(({ disks }) => disks);
}

function sizesFound(disk: BatchDisk, prepared: PreparedDisk | undefined): readonly Finding[] {
  return prepared === undefined ? [] : sizeFindings(disk, prepared.result.virtualSizeBytes);
}

/** What was told before the work is told after it as well, where it is known only then of others. */
function unique(faults: readonly PlanFault[]): readonly PlanFault[] {
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()];
}

/** A signal that as many disks may listen to as are worked on at one time. */
function manyListeners(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  const own = AbortSignal.any([signal]);
  setMaxListeners(0, own);
  return own;
}

/** What killed runs have left in the directory and its folders, also in those of images that the plan has no more. */
async function removeAllLeftovers(directory: string): Promise<void> {
  await removeLeftovers(directory);
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await removeLeftovers(join(directory, entry.name));
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (thrown) {
    throw toForgeError(thrown, path);
  }
}

interface Outcome {
  readonly prepared: ReadonlyMap<BatchDisk, PreparedDisk>;
  readonly failures: ReadonlyArray<{ readonly disk: BatchDisk; readonly error: ForgeError }>;
}

/** A few disks at a time, each with all the threads that are free: they share one pool. */
async function prepareAll({ images }: Batch, disksAtOnce: number, context: PrepareContext): Promise<Outcome> {
  const { options } = context;
  const prepared = new Map<BatchDisk, PreparedDisk>();
  const failures: { disk: BatchDisk; error: ForgeError }[] = [];
  const waiting = images.flatMap(({ disks }) => disks);
  let isFull = false;
  const workOn = async (disk: BatchDisk) => {
    options.onBegin?.(disk);
    try {
      const outcome = await prepareDisk(disk, context);
      prepared.set(disk, outcome);
      options.onEnd?.(disk, outcome.result, outcome.isKept);
    } catch (thrown) {
      if (options.signal?.aborted === true) return;
      const error = toForgeError(thrown, disk.source);
      // Whatever comes next would fill the disk again.
      isFull ||= error.code === 'IO_NO_SPACE';
      failures.push({ disk, error });
      options.onFailure?.(disk, error);
    }
  };
  const runner = async () => {
    for (;;) {
      const disk = options.signal?.aborted === true || isFull ? undefined : waiting.shift();
      if (disk === undefined) return;
      await workOn(disk);
    }
  };
  await Promise.all(Array.from({ length: disksAtOnce }, runner));
  return { prepared, failures };
}

function incomplete(directory: string, batch: Batch, { prepared, failures }: Outcome): BatchError {
  const disks = disksOf(batch);
  const failed = new Set(failures.map(({ disk }) => disk));
  return new BatchError(directory, {
    failures: failures.map(({ disk, error }) => ({ file: disk.file, source: disk.source, error })),
    finished: disks.filter((disk) => prepared.has(disk)).map(({ file }) => file),
    untried: disks.filter((disk) => !prepared.has(disk) && !failed.has(disk)).map(({ file }) => file),
  });
}

function guestsOf(prepared: ReadonlyMap<BatchDisk, PreparedDisk>): ReadonlyMap<string, GuestReport> {
  return new Map([...prepared].map(([{ file }, { result }]) => [file, result.guest]));
}

/** Rules of sizes that only inflating has told. */
function assertRules(
  batch: Batch,
  prepared: ReadonlyMap<BatchDisk, PreparedDisk>,
  located: LocatedBatch,
): void {
  const sizeOf = (image: number, index: number) => {
    const disk = batch.images[image]?.disks[index];
    return disk === undefined ? undefined : prepared.get(disk)?.result.virtualSizeBytes;
  };
  const faults = ruleFaults({ images: batch.images.map(writtenAgain) }, sizeOf);
  judge(
    located,
    { faults, warnings: [] },
    'all disks are finished, and stay so; mend it and run the same again',
  );
}

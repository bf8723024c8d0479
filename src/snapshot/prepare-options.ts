import type { ForgeError } from '../errors.js';
import type { DiskResult } from './disk-result.js';
import type { BatchDisk } from './plan/batch.js';

/** How far one disk is. */
export interface DiskProgress {
  readonly phase: 'reading' | 'inflating' | 'scanning' | 'converting' | 'verifying' | 'hashing';
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
}

/** Told what happens while a batch is prepared. Disks are told apart by their files. */
export interface PrepareObserver {
  onBegin?(disk: BatchDisk): void;
  onProgress?(disk: BatchDisk, progress: DiskProgress): void;
  /** @param isKept whether a former run had finished it, so that nothing was done */
  onEnd?(disk: BatchDisk, result: DiskResult, isKept: boolean): void;
  onFailure?(disk: BatchDisk, error: ForgeError): void;
  onWarning?(message: string): void;
}

export interface PrepareOptions extends PrepareObserver {
  /** Worker threads, shared by all disks; one for each core by default. */
  readonly threads?: number | undefined;
  /** What this process may take of memory: it bounds how many disks are worked on at one time. */
  readonly memoryBytes?: number | undefined;
  /** Read each finished file back with another decoder than the one that wrote it. */
  readonly verify?: boolean | undefined;
  /** Prove what former runs have finished by its digest, and not by its length alone. */
  readonly paranoid?: boolean | undefined;
  /** Replace files of these names that no former run has made. */
  readonly force?: boolean | undefined;
  /** Stops the run: what is finished stays finished. */
  readonly signal?: AbortSignal | undefined;
}

// What a process takes that prepares one disk after the other, beside its threads; what each of these takes; and what
// each further disk adds. Measured with 1 to 16 threads.
const processBytes = 110 * 2 ** 20;
const threadBytes = 15 * 2 ** 20;
const furtherDiskBytes = 45 * 2 ** 20;

/** No ceiling below it can be held. */
export const leastMemoryBytes = processBytes + threadBytes;

/** How a run works. */
export interface Workload {
  readonly threads: number;
  /** How many disks are worked on at one time. */
  readonly disks: number;
}

/**
 * How much is done at one time. A second disk keeps the cores busy while the first is opened, hashed or ends; more of them
 * share the same threads and only take memory, of which threads come first. Pure.
 */
export function workloadFor(threads: number, memoryBytes: number | undefined): Workload {
  const disks = Math.min(4, Math.max(2, threads));
  if (memoryBytes === undefined) return { threads, disks };
  const fitting = Math.floor((memoryBytes - processBytes) / threadBytes);
  const fewer = Math.max(1, Math.min(threads, fitting));
  const further = Math.floor((memoryBytes - processBytes - fewer * threadBytes) / furtherDiskBytes);
  return { threads: fewer, disks: Math.min(disks, 1 + Math.max(0, further)) };
}

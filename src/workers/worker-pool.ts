import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { type ErrorFields, ForgeError, toForgeError } from '../errors.js';
import type { Job, ResultOf } from './jobs.js';
import { Turns } from './turns.js';

/** What a worker sends back: errors travel as plain fields, because cloning an Error drops its code. */
export type Answer<Result> = { readonly result: Result } | { readonly error: ErrorFields };

interface SharedThreads {
  readonly turns: Turns;
  readonly piscina: Piscina<Job, Answer<unknown>>;
  /** Threads that have loaded their code. */
  readonly ready: Set<unknown>;
  leases: number;
}

// Long enough to bridge a wait for a slow disk or pipe.
const idleTimeoutMs = 60_000;

// One set of threads for each number of them, shared by everything in the process that runs at one time.
const shared = new Map<number, SharedThreads>();

/** The number of threads that keeps every core of this process busy. */
export function defaultThreads(): number {
  return availableParallelism();
}

/**
 * A share in the process's worker threads, the only source of CPU parallelism. The threads end with the last
 * share of them; whoever runs many conversions holds one share over all of them.
 */
export class WorkerPool implements AsyncDisposable {
  readonly threads: number;
  readonly #shared: SharedThreads;
  readonly #signal: AbortSignal | undefined;
  #released = false;

  /**
   * @param threads 1 or more; one for each core by default
   * @param signal keeps jobs from beginning
   */
  constructor(threads: number = defaultThreads(), signal?: AbortSignal) {
    this.threads = threads;
    this.#signal = signal;
    const known = shared.get(threads);
    this.#shared = known ?? createThreads(threads);
    this.#shared.leases += 1;
    if (known === undefined) shared.set(threads, this.#shared);
  }

  /**
   * Runs one job. `transfer` lists buffers of the job that move to the worker and are unusable here afterwards.
   * A job that has begun cannot be stopped: to cancel means to begin no more jobs and await those that run.
   *
   * @throws ForgeError whatever the job failed with, or the signal's reason where it had not begun
   */
  async run<J extends Job>(job: J, transfer: ArrayBuffer[] = []): Promise<ResultOf<J>> {
    let answer: Answer<unknown>;
    // Jobs wait here and not in Piscina, which can drop those that wait only by ending the threads of those that run.
    await this.#shared.turns.take(this.#signal);
    try {
      answer = await this.#shared.piscina.run(job, { transferList: transfer });
    } catch (cause) {
      throw new ForgeError(
        'INTERNAL',
        `a worker thread ended while it worked (${toForgeError(cause).message})`,
        {
          cause,
        },
      );
    } finally {
      this.#shared.turns.giveBack();
    }
    if ('error' in answer) throw ForgeError.fromFields(answer.error);
    return answer.result as ResultOf<J>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#shared.leases -= 1;
    if (this.#shared.leases > 0) return;
    if (shared.get(this.threads) === this.#shared) shared.delete(this.threads);
    await endThreads(this.#shared);
  }
}

function createThreads(threads: number): SharedThreads {
  const piscina = new Piscina<Job, Answer<unknown>>({
    filename: new URL('./segment-worker.js', import.meta.url).href,
    // Threads start as jobs come, so that a small image does not wait for all of them.
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: idleTimeoutMs,
    recordTiming: false,
    // Flags meant for the main thread (a debugger's port, a test runner's loader) are not meant for workers.
    execArgv: [],
  });
  const ready = new Set<unknown>();
  piscina.on('workerCreate', (thread) => ready.add(thread));
  piscina.on('workerDestroy', (thread) => ready.delete(thread));
  // A thread that fails to start fails the job it was started for, which is where it is reported.
  piscina.on('error', () => {});
  return { piscina, turns: new Turns(threads), ready, leases: 0 };
}

/**
 * Ends idle threads. Node aborts the whole process when a thread is ended while it loads modules, so those that have
 * only just been started are awaited.
 */
async function endThreads({ piscina, ready }: SharedThreads): Promise<void> {
  // Threads do not keep the process alive by themselves; while one is awaited here, it must.
  for (const thread of piscina.threads) thread.ref();
  while (piscina.threads.length > ready.size) {
    await new Promise<void>((resolve) => {
      for (const event of ['workerCreate', 'workerDestroy', 'error']) piscina.once(event, () => resolve());
    });
  }
  await piscina.destroy();
}

/** A worker's answer whose buffers move to the receiver instead of being copied. */
export function moveAnswer<Result>(answer: Answer<Result>, buffers: ArrayBuffer[]): Answer<Result> {
  const movable = {
    get [Piscina.transferableSymbol]() {
      return buffers;
    },
    get [Piscina.valueSymbol]() {
      return answer;
    },
  };
  return Piscina.move(movable as unknown as Parameters<typeof Piscina.move>[0]) as unknown as Answer<Result>;
}

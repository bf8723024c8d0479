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
  /** Ends the threads when they were not needed for a while. */
  ending: NodeJS.Timeout | undefined;
}

// Long enough to bridge a wait for a slow disk or pipe.
const idleTimeoutMs = 60_000;
// So that a process that converts one image after the other starts its threads once.
const lingerMs = 1000;

// One set of threads for each number of them, shared by everything in the process that runs at one time.
const shared = new Map<number, SharedThreads>();

/** The number of threads that keeps every core of this process busy. */
export function defaultThreads(): number {
  return availableParallelism();
}

/**
 * A share in the process's worker threads, the only source of CPU parallelism. The threads end a moment after the last
 * share of them, so that whoever runs one conversion after the other starts them once.
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
    clearTimeout(this.#shared.ending);
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
    await threadsStarted(this.#shared);
    endWhenIdle(this.#shared, this.threads);
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
  return { piscina, turns: new Turns(threads), ready, leases: 0, ending: undefined };
}

/**
 * Waits for threads that have only just been started: Node aborts the whole process when a thread is ended while it
 * loads modules, which the end of the process does too.
 */
async function threadsStarted({ piscina, ready }: SharedThreads): Promise<void> {
  if (piscina.threads.length <= ready.size) return;
  // Threads do not keep the process alive by themselves; while one is awaited here, it must.
  const threads = piscina.threads;
  for (const thread of threads) thread.ref();
  while (piscina.threads.length > ready.size) {
    await new Promise<void>((resolve) => {
      for (const event of ['workerCreate', 'workerDestroy', 'error']) piscina.once(event, () => resolve());
    });
  }
  for (const thread of threads) thread.unref();
}

/** Ends the threads when nobody has taken a share in them for a while; the end of the process does not wait for that. */
function endWhenIdle(threads: SharedThreads, count: number): void {
  clearTimeout(threads.ending);
  threads.ending = setTimeout(() => {
    if (threads.leases > 0) return;
    if (shared.get(count) === threads) shared.delete(count);
    void threads.piscina.destroy();
  }, lingerMs).unref();
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

import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { ForgeError, toForgeError } from '../errors.js';
import type { Answer, Job, ResultOf } from './jobs.js';
import type { Threads } from './threads.js';
import { Turns } from './turns.js';

interface SharedThreads {
  readonly turns: Turns;
  /** Undefined until one is needed: what starts them takes long to load. */
  threads: Threads | undefined;
  leases: number;
  /** Ends the threads when they were not needed for a while. */
  ending: NodeJS.Timeout | undefined;
}

export interface PoolOptions {
  /** Keeps jobs from beginning. */
  readonly signal?: AbortSignal | undefined;
  /** Have this thread do jobs while no worker is ready, during which it does nothing else. */
  readonly ownThread?: boolean | undefined;
}

// So that a process that converts one image after the other starts its threads once.
const lingerMs = 1000;

// One set of threads for each number of them, shared by everything in the process that runs at one time.
const shared = new Map<number, SharedThreads>();

let isOwnThreadBusy = false;
// As many as a single segment needs to be scanned, written and verified. Whatever takes more is worth a thread.
const mostJobsHere = 4;

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
  readonly #ownThread: boolean;
  #jobsHere = 0;
  #released = false;

  /** @param threads 1 or more; one for each core by default */
  constructor(threads: number = defaultThreads(), { signal, ownThread = false }: PoolOptions = {}) {
    this.threads = threads;
    this.#signal = signal;
    this.#ownThread = ownThread;
    const known = shared.get(threads);
    this.#shared = known ?? { turns: new Turns(threads), threads: undefined, leases: 0, ending: undefined };
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
  async run<J extends Job>(job: J, transfer: readonly ArrayBuffer[] = []): Promise<ResultOf<J>> {
    const answer = (await this.#answerHere(job)) ?? (await this.#answerOfWorker(job, transfer));
    if ('error' in answer) throw ForgeError.fromFields(answer.error);
    return answer.result as ResultOf<J>;
  }

  /** Undefined where the job is one for a worker. */
  async #answerHere(job: Job): Promise<Answer | undefined> {
    if (!this.#ownThread || this.#jobsHere >= mostJobsHere || this.#areReady) return undefined;
    if (isOwnThreadBusy) return undefined;
    isOwnThreadBusy = true;
    this.#jobsHere += 1;
    try {
      const { answerTo } = await import('./segment-worker.js');
      // Jobs that come meanwhile have threads start, signals are heard.
      await setImmediate();
      this.#signal?.throwIfAborted();
      return answerTo(job).answer;
    } finally {
      isOwnThreadBusy = false;
    }
  }

  async #answerOfWorker(job: Job, transfer: readonly ArrayBuffer[]): Promise<Answer> {
    // Jobs wait here and not in Piscina, which can drop those that wait only by ending the threads of those that run.
    await this.#shared.turns.take(this.#signal);
    try {
      return await (await this.#threads()).run(job, transfer);
    } catch (cause) {
      throw new ForgeError(
        'INTERNAL',
        `a worker thread ended while it worked (${toForgeError(cause).message})`,
        { cause },
      );
    } finally {
      this.#shared.turns.giveBack();
    }
  }

  get #areReady(): boolean {
    return this.#shared.threads?.areReady === true;
  }

  async #threads(): Promise<Threads> {
    const { Threads } = await import('./threads.js');
    this.#shared.threads ??= new Threads(this.threads);
    return this.#shared.threads;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#shared.leases -= 1;
    if (this.#shared.leases > 0) return;
    await this.#shared.threads?.started();
    endWhenIdle(this.#shared, this.threads);
  }
}

/** Ends the threads when nobody has taken a share in them for a while; the end of the process does not wait for that. */
function endWhenIdle(threads: SharedThreads, count: number): void {
  clearTimeout(threads.ending);
  threads.ending = setTimeout(() => {
    if (threads.leases > 0) return;
    if (shared.get(count) === threads) shared.delete(count);
    threads.threads?.end();
  }, lingerMs).unref();
}

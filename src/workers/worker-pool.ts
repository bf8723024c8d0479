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
  /** Have this thread do jobs that come alone while no worker is ready. It does nothing else meanwhile. */
  readonly ownThread?: boolean | undefined;
}

// So that a process that converts one image after the other starts its threads once.
const lingerMs = 1000;

// One set of threads for each number of them, shared by everything in the process that runs at one time.
const shared = new Map<number, SharedThreads>();

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
  #running = 0;
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
    this.#running += 1;
    try {
      const isHere = await this.#isForOwnThread();
      const answer = isHere ? await this.#answerHere(job) : await this.#answerOfWorker(job, transfer);
      if ('error' in answer) throw ForgeError.fromFields(answer.error);
      return answer.result as ResultOf<J>;
    } finally {
      this.#running -= 1;
    }
  }

  async #isForOwnThread(): Promise<boolean> {
    const isAlone = () => this.#running === 1 && this.#shared.threads?.areReady !== true;
    if (!this.#ownThread || this.#jobsHere >= mostJobsHere || !isAlone()) return false;
    // Those that are to run beside it come now, and so do signals.
    await setImmediate();
    this.#signal?.throwIfAborted();
    return isAlone();
  }

  async #answerHere(job: Job): Promise<Answer> {
    this.#jobsHere += 1;
    const { answerTo } = await import('./segment-worker.js');
    return answerTo(job).answer;
  }

  async #answerOfWorker(job: Job, transfer: readonly ArrayBuffer[]): Promise<Answer> {
    // Jobs wait here and not in Piscina, which can drop those that wait only by ending the threads of those that run.
    await this.#shared.turns.take(this.#signal);
    try {
      return await (await this.#threads()).run(job, transfer);
    } catch (cause) {
      // Node tells it of threads that cannot begin by its name in a text alone.
      if (cause instanceof Error && /\bEMFILE\b/.test(cause.message)) {
        throw toForgeError(Object.assign(new Error(cause.message, { cause }), { code: 'EMFILE' }));
      }
      throw new ForgeError(
        'INTERNAL',
        `a worker thread ended while it worked (${toForgeError(cause).message})`,
        { cause },
      );
    } finally {
      this.#shared.turns.giveBack();
    }
  }

  async #threads(): Promise<Threads> {
    if (this.#shared.threads !== undefined) return this.#shared.threads;
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

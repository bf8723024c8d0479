import { join } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Answer, Job } from './jobs.js';

/** What a thread gets. */
export interface Task {
  readonly job: Job;
  /**
   * Takes the answer. Piscina itself moves buffers back only where it is loaded in the thread too, and that takes a third
   * of the time in which a thread starts.
   */
  readonly answers: MessagePort;
}

// Long enough to bridge a wait for a slow disk or pipe.
const idleTimeoutMs = 60_000;

/** Worker threads, which start as they are needed. */
export class Threads {
  readonly #piscina: Piscina<Task, void>;
  /** Those that have loaded their code. */
  readonly #ready = new Set<unknown>();

  /** Of a thread that had no job. */
  #failure: unknown;

  /** @param most how many there can be, 1 or more */
  constructor(most: number) {
    const piscina = new Piscina<Task, void>({
      filename: join(import.meta.dirname, '../workers/thread.cjs'),
      name: 'runJob',
      // Threads start as jobs come, so that a small image does not wait for all of them.
      minThreads: 0,
      maxThreads: most,
      idleTimeout: idleTimeoutMs,
      recordTiming: false,
      // Flags meant for the main thread (a debugger's port, a test runner's loader) are not meant for workers.
      execArgv: [],
    });
    piscina.on('workerCreate', (thread) => {
      this.#ready.add(thread);
      this.#failure = undefined;
    });
    piscina.on('workerDestroy', (thread) => this.#ready.delete(thread));
    piscina.on('error', (cause) => {
      this.#failure = cause;
      // Jobs that wait for threads of which none has started would wait for ever.
      if (piscina.threads.length === 0) void piscina.destroy();
    });
    this.#piscina = piscina;
  }

  /** Whether one of them can begin a job at once. */
  get areReady(): boolean {
    return this.#ready.size > 0;
  }

  /**
   * Has one of them do a job. `transfer` lists buffers of the job that move to it.
   *
   * @throws where the thread has ended before it had an answer
   */
  async run(job: Job, transfer: readonly ArrayBuffer[]): Promise<Answer> {
    const { port1: receiver, port2: answers } = new MessageChannel();
    try {
      await this.#piscina.run({ job, answers }, { transferList: [...transfer, answers] });
      const received = receiveMessageOnPort(receiver) as { readonly message: Answer } | undefined;
      if (received === undefined) throw new Error('no answer');
      return received.message;
    } catch (cause) {
      throw this.#piscina.threads.length === 0 ? (this.#failure ?? cause) : cause;
    } finally {
      receiver.close();
    }
  }

  /**
   * Waits for threads that have only just been started: Node aborts the whole process when a thread is ended while it
   * loads modules, which the end of the process does too.
   */
  async started(): Promise<void> {
    const { threads } = this.#piscina;
    if (threads.length <= this.#ready.size) return;
    // Threads do not keep the process alive by themselves; while one is awaited here, it must.
    for (const thread of threads) thread.ref();
    while (this.#piscina.threads.length > this.#ready.size) {
      await new Promise<void>((resolve) => {
        for (const event of ['workerCreate', 'workerDestroy', 'error']) {
          this.#piscina.once(event, () => resolve());
        }
      });
    }
    for (const thread of threads) thread.unref();
  }

  /** Ends them all. */
  end(): void {
    void this.#piscina.destroy();
  }
}

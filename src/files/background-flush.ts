import type { FileHandle } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

const intervalMs = 100;

/** Brings what is written to a file to the disk while more is written, so that little is left to do at the end. */
export class BackgroundFlush {
  readonly #handle: FileHandle;
  readonly #ending = new AbortController();
  readonly #flushing: Promise<void>;

  constructor(handle: FileHandle) {
    this.#handle = handle;
    this.#flushing = this.#flush();
    // Its failure is taken up by stop(); until then it must not count as unhandled.
    this.#flushing.catch(() => {});
  }

  /** Waits for the flush that runs. @throws whatever a flush has failed with: the system tells of a lost write but once */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.#handle.datasync();
      await setTimeout(intervalMs, undefined, { ref: false, signal }).catch(() => {});
    }
  }
}

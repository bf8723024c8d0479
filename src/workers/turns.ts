interface Waiter {
  readonly begin: () => void;
}

/** Lets so many go on at one time and has the others wait, first come, first served. */
export class Turns {
  #free: number;
  readonly #waiting = new Set<Waiter>();

  /** @param count 1 or more */
  constructor(count: number) {
    this.#free = count;
  }

  /** Waits for a turn. Whoever got one gives it back. @throws the signal's reason, at once when it comes */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        begin: () => {
          signal?.removeEventListener('abort', give);
          resolve();
        },
      };
      const give = () => {
        this.#waiting.delete(waiter);
        reject(signal?.reason);
      };
      this.#waiting.add(waiter);
      signal?.addEventListener('abort', give, { once: true });
    });
  }

  giveBack(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next.begin();
  }
}

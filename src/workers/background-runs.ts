/** Work that goes on while its beginner does something else, so much of it at one time. */
export class BackgroundRuns {
  readonly #limit: number;
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly thrown: unknown } | undefined;

  /** @param limit 1 or more */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Starts a run as soon as there is room. @throws what an earlier one has failed with; nothing is started then */
  async start(run: () => Promise<unknown>): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running);
    this.#throwFailure();
    const running: Promise<void> = run()
      .then(
        () => {},
        (thrown: unknown) => {
          this.#failure ??= { thrown };
        },
      )
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Waits for all runs. @throws what one has failed with */
  async finish(): Promise<void> {
    await this.settle();
    this.#throwFailure();
  }

  /** Waits for all runs, however they end. */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }
}

import { ForgeError } from '../errors.js';

/** How far a batch has come that has not come to its end. Disks are told by their files in the directory. */
export interface BatchState {
  readonly failures: ReadonlyArray<{
    readonly file: string;
    readonly source: string;
    readonly error: ForgeError;
  }>;
  readonly finished: readonly string[];
  /** Left out, as there was no room for the one before. */
  readonly untried: readonly string[];
}

/** A batch of which some disks could not be prepared. */
export class BatchError extends ForgeError {
  readonly state: BatchState;

  constructor(directory: string, state: BatchState) {
    const { failures, finished, untried } = state;
    const count = failures.length + finished.length + untried.length;
    const [first, ...others] = failures.map(({ error }) => error.toLine());
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    const left = untried.length === 0 ? '' : `${untried.length} were not tried, as the disk is full; `;
    const message =
      `${finished.length} of ${count} ${count === 1 ? 'disk is' : 'disks are'} finished, and stay so; ${left}` +
      `what is wrong: ${first}${more}; mend it and run the same again`;
    super('BATCH_INCOMPLETE', message, { path: directory, cause: failures[0]?.error });
    this.state = state;
  }
}

import type { Journal } from './journal.js';

/** Where a batch goes, and what former runs have done there. */
export interface Destination {
  /** Need not exist. */
  readonly directory: string;
  readonly journal: Journal;
  /** Files that no run has made may be replaced. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

import type { DocumentPath } from './plan/located-document.js';

/** Something about a batch, and the place in its plan. */
export interface Finding {
  readonly path: DocumentPath;
  readonly message: string;
}

export interface Findings {
  /** Why a batch cannot be carried out. */
  readonly faults: readonly Finding[];
  /** What the service may or may not take, and what is unusual. */
  readonly warnings: readonly Finding[];
}

import type { TextPlace } from '../json/text-places.js';

/**
 * `error`: the service refuses the manifest, or the import would fail. `warning`: the documentation contradicts itself,
 * or nobody knows what the service makes of it.
 */
export type Severity = 'error' | 'warning';

/** What is wrong or doubtful in a manifest, and where. */
export interface ReviewFault extends TextPlace {
  readonly severity: Severity;
  /** The rule, in kebab-case; stable. */
  readonly code: string;
  /** Such as `Image.Snapshots[1].Device`; empty for the manifest as a whole. */
  readonly path: string;
  /** What was found, what is allowed and what to do. It never has a signature in it. */
  readonly message: string;
  /** Where the rule comes from, such as `API: BsuToCreate`. */
  readonly origin: string;
}

/** In the order of the text; what is at one place stays in its order. */
export function inTextOrder(faults: readonly ReviewFault[]): readonly ReviewFault[] {
  return faults.toSorted((one, other) => one.line - other.line || one.column - other.column);
}

/** Why a text is not strict JSON (RFC 8259), or is JSON that parsers read in different ways. */
export interface SyntaxFault {
  /** Stable, in kebab-case, such as `missing-comma`. */
  readonly code: string;
  /** In UTF-16 units from the beginning of the text. */
  readonly offset: number;
  /** What was found and what to do. */
  readonly message: string;
  /** The member or entry that is being read, such as `Image.Snapshots[1]`; empty for the document as a whole. */
  readonly path: string;
}

/** A fault of a part whose reader does not know where in the document it is. */
export type Flaw = Omit<SyntaxFault, 'path'>;

/** As many faults are told; whoever has more has another kind of file. */
export const mostFaults = 1000;

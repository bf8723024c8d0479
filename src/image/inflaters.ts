import type { Compression, EngineFacts, InflaterName } from '../native/boundary.js';

export const inflaterNames: readonly InflaterName[] = ['isal', 'zlib'];

/** What reads a `.gz`. */
export interface InflaterChoice {
  /**
   * Inflate it with this engine, from its beginning to its end into a temporary file, also where it has an index; CRC-32
   * and length are checked. By default what is fastest. `zlib` is Node's own gunzip, of which nothing is ours: with it
   * the file proves to be what any program makes of it. Plain files, and clusters within a qcow2, are read as ever.
   */
  readonly inflater?: InflaterName | undefined;
}

export interface OtherInflater {
  readonly inflater: InflaterName;
  /** Whether it shares no code with what has deflated: only then does it prove more than what wrote would. */
  readonly isIndependent: boolean;
}

/**
 * What reads a gzip file with other code than that which wrote it. Pure. Node's gunzip is another for all engines but
 * zlib, whose library it shares; for that one it is ISA-L, where the build has it.
 *
 * @param available the engines of the build
 */
export function otherInflater({ engine }: Compression, available: readonly EngineFacts[]): OtherInflater {
  if (engine !== 'zlib') return { inflater: 'zlib', isIndependent: true };
  if (available.some(({ name }) => name === 'isal')) return { inflater: 'isal', isIndependent: true };
  return { inflater: 'zlib', isIndependent: false };
}

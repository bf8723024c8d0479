import type { GuestRange } from '../guest-disk.js';
import type { FileSystemType } from '../report.js';

/** What a superblock says. */
export interface Superblock {
  readonly type: FileSystemType;
  readonly label?: string | undefined;
  readonly uuid?: string | undefined;
  /** The numbers of a superblock can make more than any disk has. */
  readonly sizeBytes?: bigint | undefined;
}

/** Looks for the superblock of one kind of file system where it has to be; undefined where it is not there. */
export type Probe = (range: GuestRange) => Superblock | undefined;

export function isPowerOfTwo(value: number, least: number, most: number): boolean {
  return value >= least && value <= most && (value & (value - 1)) === 0;
}

import type { GuestReport } from '../guest/report.js';
import type { FormatName } from '../image/format.js';
import type { EngineName } from '../native/boundary.js';

/** What a file was when it was read: whatever writes to it or replaces it changes one of these. */
export interface SourceIdentity {
  /** From the root. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Nanoseconds since 1970, as text since they are more than a number holds. */
  readonly modifiedNs: string;
  readonly inode: string;
  readonly device: string;
}

/** What of a plan decides the bytes of a prepared disk. */
export interface DiskOptions {
  readonly sourceFormat: FormatName | undefined;
  readonly snapshot: string | undefined;
  readonly format: FormatName;
  readonly level: number;
  readonly padBytes: number | undefined;
}

/** What a conversion says of the disk it has made. */
export interface ConvertedFacts {
  readonly sourceFormat: FormatName;
  readonly virtualSizeBytes: number;
  /** Guest bytes that were read: the rest was known to be zeros. */
  readonly readBytes: number;
  readonly fileBytes: number;
  /** By which the file is known again until it is proven. */
  readonly fileId: string;
  /** SHA-256 over the SHA-256 of each 4 MiB of the disk, in hex: the same in every format. */
  readonly guestDigest: string;
  /** Undefined where nothing is compressed. */
  readonly engine: EngineName | undefined;
  readonly engineLevel: number | undefined;
  readonly elapsedMs: number;
}

/** Digests of the whole file, in hex. */
export interface FileDigests {
  readonly sha256: string;
  readonly md5: string;
}

/** A prepared disk, proven. */
export interface DiskResult extends ConvertedFacts, FileDigests {
  /** What stands on it. */
  readonly guest: GuestReport;
  /** Whether it was read back by another decoder than the one that wrote it. */
  readonly isVerified: boolean;
}

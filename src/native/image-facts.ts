import type { ErrorCode } from '../errors.js';

export interface OpenedFacts {
  /** Length of all the files that hold the image. */
  readonly storedBytes: number;
}

export interface RawFacts {
  readonly format: 'raw';
  readonly sizeBytes: number;
}

export interface Qcow2Facts {
  readonly format: 'qcow2';
  /** Size of the virtual disk in the state that is read. */
  readonly sizeBytes: number;
  readonly version: 2 | 3;
  readonly clusterSizeBytes: number;
  readonly refcountBits: number;
  readonly compressionType: 'zlib' | 'zstd' | 'unknown';
  readonly isDirty: boolean;
  readonly isCorrupt: boolean;
  readonly hasLazyRefcounts: boolean;
  readonly hasExtendedL2: boolean;
  readonly isEncrypted: boolean;
  readonly snapshotCount: number;
  /** The snapshot table; undefined where only the first cluster is known, as within gzip. */
  readonly snapshots?: readonly Snapshot[];
  /** Dirty bitmaps that are up to date; undefined where only the first cluster is known. */
  readonly bitmaps?: readonly DirtyBitmap[];
  /** Dirty bitmaps in the image, where it has the extension for them. */
  readonly bitmapCount?: number;
  /** Whether they are up to date; set together with their count. */
  readonly hasConsistentBitmaps?: boolean;
  /** Feature bits that are set and not known to omiforge. Incompatible ones are an error instead. */
  readonly unknownFeatures: readonly UnknownFeature[];
  /** Header extensions that are not known to omiforge, which does no harm. */
  readonly unknownExtensions: readonly UnknownExtension[];
  readonly backingFile?: string;
  readonly backingFormat?: string;
  readonly dataFile?: string;
  /** Whether the data file alone is the disk as well; undefined where the data is in the image itself. */
  readonly hasRawDataFile?: boolean;
  /** The paths of all other files that are read for it, where that was allowed and there are any. */
  readonly externalFiles?: readonly string[];
  /** Why the guest bytes cannot or must not be read. */
  readonly refusal?: Refusal;
}

/** A dirty bitmap: which parts of the disk were written to. */
export interface DirtyBitmap {
  readonly name: string;
  /** What one bit stands for. */
  readonly granularityBytes: number;
  /** Whoever wrote to it last has not closed it: its content is not certain. */
  readonly isInUse: boolean;
  /** It is to go on when the disk is used. */
  readonly isAuto: boolean;
}

export interface UnknownFeature {
  readonly kind: 'compatible' | 'autoclear';
  readonly bit: number;
  /** As the feature name table of the image has it. */
  readonly name?: string;
}

export interface UnknownExtension {
  readonly type: number;
  readonly lengthBytes: number;
}

/** An internal snapshot of a qcow2. */
export interface Snapshot {
  readonly id: string;
  readonly name: string;
  readonly diskSizeBytes: number;
  /** 0 for a snapshot of the disk alone. */
  readonly vmStateSizeBytes: number;
  /** When it was taken, since 1970. */
  readonly dateSeconds: number;
  readonly dateNanoseconds: number;
  /** How long the virtual machine had been running. */
  readonly vmClockSeconds: number;
  readonly vmClockNanoseconds: number;
  /** Instructions that it had run, where they were counted. */
  readonly instructionCount?: number;
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

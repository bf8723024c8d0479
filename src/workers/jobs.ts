import type { ErrorFields } from '../errors.js';
import type {
  ClusterCompression,
  CompressedSegment,
  Compression,
  ImageFormat,
  PlacedRuns,
  ReadOptions,
} from '../native/boundary.js';

/** An image as a worker opens it: a plain file of a known format, and which state of it. */
export interface ImageRef extends ReadOptions {
  readonly path: string;
  readonly format: ImageFormat;
  /** How messages name it, where `path` may be a temporary name that users do not know. */
  readonly label?: string | undefined;
}

/** A segment of an image. */
interface SegmentRef {
  readonly image: ImageRef;
  readonly startBytes: number;
  readonly lengthBytes: number;
}

/** Encode a segment into `output`, which is moved to the worker and back. */
export interface EncodeJob extends SegmentRef {
  readonly kind: 'encode';
  readonly clusterBytes: number;
  readonly compression: Compression | undefined;
  readonly output: Uint8Array<ArrayBuffer>;
}

export interface EncodeResult {
  readonly contentBytes: number;
  readonly encodedBytes: number;
  readonly crc32: number;
  readonly hasData: Uint8Array;
  readonly output: Uint8Array<ArrayBuffer>;
}

/** Compress the clusters of a segment into `output`, which is moved to the worker and back. */
export interface CompressJob extends SegmentRef {
  readonly kind: 'compress';
  readonly clusterBytes: number;
  readonly clusters: ClusterCompression;
  readonly recompress: boolean;
  readonly container: Compression | undefined;
  readonly output: Uint8Array<ArrayBuffer>;
}

export interface CompressResult extends CompressedSegment {
  /** Bytes that each cluster takes. */
  readonly storedBytes: Uint32Array;
  readonly output: Uint8Array<ArrayBuffer>;
}

/** Find out which clusters of a segment have data. */
export interface ScanJob extends SegmentRef {
  readonly kind: 'scan';
  readonly clusterBytes: number;
  /** Give up where clusters would have to be inflated for it. */
  readonly onlyPlain: boolean;
}

/** Copy the clusters of a segment that have data to a file, one behind the other. */
export interface CopyClustersJob extends SegmentRef {
  readonly kind: 'copyClusters';
  readonly clusterBytes: number;
  /** One bit for each cluster, least significant first. */
  readonly hasData: Uint8Array;
  readonly targetPath: string;
  readonly offsetBytes: number;
}

/** Copy a segment to its place in a raw file. */
export interface CopyJob extends SegmentRef {
  readonly kind: 'copy';
  readonly targetPath: string;
}

/** Write bytes to their place in a file; they are moved to the worker and back. */
export interface PlaceJob {
  readonly kind: 'place';
  readonly targetPath: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Write runs of a block to their places in a raw file, and the rest of it to another file at its own offset. */
export interface ScatterJob {
  readonly kind: 'scatter';
  readonly targetPath: string;
  readonly restPath: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly runs: PlacedRuns;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface ScatterResult {
  /** Written to the raw file. */
  readonly writtenBytes: number;
  /** The buffer that came. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Move runs out of the other file, together at most a segment, to their places in the raw file. */
export interface MoveJob {
  readonly kind: 'move';
  readonly targetPath: string;
  readonly restPath: string;
  readonly runs: PlacedRuns;
}

/** Find the first guest offset at which a segment of two images differs. */
export interface DifferenceJob extends SegmentRef {
  readonly kind: 'difference';
  readonly other: ImageRef;
}

/** Find the first guest offset of a segment that is not zero. */
export interface NonZeroJob extends SegmentRef {
  readonly kind: 'nonZero';
}

/** Take the SHA-256 of a segment. */
export interface DigestJob extends SegmentRef {
  readonly kind: 'digest';
  /** Zeros that count as well: what the last sector of the disk lacks behind the segment. */
  readonly zeroBytes: number;
}

/** Prove pieces of a gzip file to be what its index says of them. */
export interface ProveJob {
  readonly kind: 'prove';
  readonly path: string;
  readonly first: number;
  readonly count: number;
}

export type Job =
  | EncodeJob
  | ScanJob
  | CompressJob
  | CopyJob
  | CopyClustersJob
  | PlaceJob
  | ScatterJob
  | MoveJob
  | DifferenceJob
  | NonZeroJob
  | DigestJob
  | ProveJob;

/** What each kind of job answers. */
export interface JobResults {
  encode: EncodeResult;
  compress: CompressResult;
  /** One bit for each cluster, least significant first; undefined where it has given up. */
  scan: Uint8Array | undefined;
  /** Bytes written. */
  copy: number;
  copyClusters: undefined;
  /** The buffer that came. */
  place: Uint8Array<ArrayBuffer>;
  scatter: ScatterResult;
  /** Bytes written to the raw file. */
  move: number;
  /** The offset, or -1. */
  difference: number;
  nonZero: number;
  /** 32 bytes. */
  digest: Uint8Array;
  prove: undefined;
}

export type ResultOf<J extends Job> = JobResults[J['kind']];

/** What a worker answers: errors travel as plain fields, because cloning an Error drops its code. */
export type Answer = { readonly result: unknown } | { readonly error: ErrorFields };

/** A segment: the unit of parallel work. 5 to 200 ms for one core, and small enough for a thousand threads. */
export const segmentBytes = 4 * 1024 * 1024;

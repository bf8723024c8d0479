import type {
  CompressedSegment,
  Compression,
  CompressionType,
  CompressOptions,
  Encoded,
  EncodeOptions,
  EngineFacts,
  InflaterName,
} from './encoding.js';
import type { OpenedFacts, Qcow2Facts, RawFacts } from './image-facts.js';

export type * from './encoding.js';
export type * from './image-facts.js';

/**
 * The whole boundary between TypeScript and the native core. Every call is synchronous, works on one segment or
 * one table, and throws an error whose `code` is an {@link ErrorCode} and which has a `path` where a file is at
 * fault. Offsets and lengths are bytes, integers from 0 to 2^53 - 1. Buffers belong to the caller.
 */
export interface NativeAddon {
  /**
   * Opens a file as the stated format. Other files that the image names are opened where `externalFolder` allows it.
   * Throws ARGUMENT_INVALID for a snapshot that is not there, and for a disk that would be cut.
   */
  openImage(path: string, format: ImageFormat, options?: ReadOptions): NativeImage;
  /** How many bytes {@link NativeAddon.describeQcow2} wants, from the first 512 bytes of a qcow2. */
  firstClusterBytes(head: Uint8Array): number;
  /** What the first cluster of a qcow2 says. */
  describeQcow2(head: Uint8Array): Qcow2Facts;

  /** Reads one segment and encodes it into `output`. */
  encodeSegment(image: NativeImage, startBytes: number, lengthBytes: number, options: EncodeOptions): Encoded;
  /** Reads one segment, compresses its clusters into `packed` and `plain`, and encodes both into `output`. */
  compressSegment(
    image: NativeImage,
    startBytes: number,
    lengthBytes: number,
    options: CompressOptions,
  ): CompressedSegment;
  /**
   * Finds the clusters of a segment that are not all zeros, and sets their bits in `hasData`, least significant first.
   * False where some would have to be inflated for it. `scratch` holds a cluster.
   */
  scanClusters(
    image: NativeImage,
    startBytes: number,
    lengthBytes: number,
    clusterBytes: number,
    hasData: Uint8Array,
    scratch: Uint8Array,
  ): boolean;
  /** Writes the clusters of a segment whose bits are set to a file, one behind the other from `offsetBytes` on. */
  copyClusters(
    image: NativeImage,
    startBytes: number,
    lengthBytes: number,
    clusterBytes: number,
    hasData: Uint8Array,
    targetPath: string,
    offsetBytes: number,
    scratch: Uint8Array,
  ): void;
  /**
   * Reads one segment, a part as long as `scratch` at a time, and writes what is not zero to its place in a raw file.
   * Returns the bytes written.
   */
  copySegment(
    image: NativeImage,
    startBytes: number,
    lengthBytes: number,
    targetPath: string,
    scratch: Uint8Array,
  ): number;
  /** Writes what is not zero of `bytes` to a file at `offsetBytes`. Returns the bytes written. */
  placeBytes(targetPath: string, offsetBytes: number, bytes: Uint8Array): number;
  /**
   * Writes runs of a block to their places in a raw file, and what else is not zero to another file at `offsetBytes`,
   * the place of the block in its own file. Returns the bytes written to the raw file.
   */
  scatterBlock(
    bytes: Uint8Array,
    offsetBytes: number,
    runs: PlacedRuns,
    targetPath: string,
    restPath: string,
  ): number;
  /** Moves runs out of the other file into the raw one. `scratch` has room for the longest. Returns the bytes written. */
  moveRuns(runs: PlacedRuns, targetPath: string, restPath: string, scratch: Uint8Array): number;
  /** The first guest offset at which two images differ in a range, or -1. */
  findDifference(
    imageA: NativeImage,
    imageB: NativeImage,
    startBytes: number,
    lengthBytes: number,
    scratchA: Uint8Array,
    scratchB: Uint8Array,
  ): number;
  /** The first guest offset in a range that is not zero, or -1. */
  findNonZero(image: NativeImage, startBytes: number, lengthBytes: number, scratch: Uint8Array): number;

  /** The libraries that deflate in this build, zlib always among them. */
  engines(): EngineFacts[];
  /** Whether this build reads zstd clusters of qcow2. */
  hasZstd(): boolean;
  /** The most bytes that deflating so many can give, by whatever engine. */
  deflateBound(lengthBytes: number): number;
  /** Deflates `input` so that it can be joined to other segments; returns the bytes written to `output`. */
  deflateSegment(input: Uint8Array, compression: Compression, output: Uint8Array): number;
  crc32(bytes: Uint8Array): number;
  /** The CRC-32 of A followed by B. */
  crc32Combine(crcA: number, crcB: number, lengthOfB: number): number;
  crc32OfZeros(lengthBytes: number): number;

  /** The pieces of a gzip file that has an index which agrees with its trailer; undefined for any other file. */
  gzipPieces(path: string): GzipPiece[] | undefined;
  /** Inflates `count` pieces from the one with index `first` on. Throws GZIP_CORRUPT where one is not as the index says. */
  proveGzipPieces(path: string, first: number, count: number): void;

  /**
   * Locks an open file until it is closed, however that comes about. False where somebody else holds the lock;
   * throws where the file system has none.
   */
  tryLock(descriptor: number): boolean;

  /** Zeros at an address to which the system copies fast what is read from a file, which is not so of any other. */
  alignedBytes(lengthBytes: number): Uint8Array<ArrayBuffer>;

  /** By the fastest engine of the build, or by this one. Throws ENGINE_UNAVAILABLE where the build lacks it. */
  GzipInflater: new (
    engine?: InflaterName,
  ) => NativeGzipInflater;
  /**
   * Opens a qcow2 to check it; no other file that it names is opened. Throws where it is so damaged that nothing can
   * be counted.
   */
  Qcow2Checker: new (
    path: string,
  ) => NativeQcow2Checker;
  /** The layout of a new qcow2; `compressionType` is that of its clusters where they may be compressed. */
  Qcow2Layout: new (
    virtualSizeBytes: number,
    compressionType?: CompressionType,
  ) => NativeQcow2Layout;
  Qcow2Placer: new () => NativeQcow2Placer;
}

export type ImageFormat = 'raw' | 'qcow2';

/** Which state of an image is read, and what is put up with. */
export interface ReadOptions {
  /** Id or name of an internal snapshot of a qcow2, instead of the active state. An id wins over a name. */
  readonly snapshot?: string | undefined;
  /** Read a qcow2 that is marked corrupt. What is found damaged while it is read is an error nevertheless. */
  readonly allowCorrupt?: boolean | undefined;
  /** Read the backing and data files that a qcow2 names, if they are within this folder; none where it is left out. */
  readonly externalFolder?: string | undefined;
  /** The image stands in a gzip file that has an index. */
  readonly inGzip?: boolean | undefined;
  /** Size of the disk, where it is to be longer than the image: zeros are behind it then. */
  readonly paddedSizeBytes?: number | undefined;
}

/** A stretch of a gzip file's content that inflates on its own. */
export interface GzipPiece {
  readonly startBytes: number;
  readonly lengthBytes: number;
  readonly isZeros: boolean;
}

export interface NativeImage {
  info(): (RawFacts | Qcow2Facts) & OpenedFacts;
  /** At most `limit` extents, the first one beginning at `startBytes`. */
  extents(startBytes: number, lengthBytes: number, limit: number): Extent[];
  /** Fills `target` with guest bytes. */
  read(startBytes: number, target: Uint8Array): void;
  /** Gives the file back; every later call throws. */
  close(): void;
}

/** A run of guest bytes of one kind. */
export interface Extent {
  readonly startBytes: number;
  readonly lengthBytes: number;
  readonly kind: 'data' | 'compressed' | 'zero' | 'unallocated';
  /**
   * Where the bytes stand in the file: for kind `data`, for `zero` where room was set aside, and for `unallocated` in a
   * raw file. Where the image has a data file, that is the file.
   */
  readonly hostOffsetBytes?: number;
  /** Which image of a chain says so: 1 for the backing image, 2 for that one's; left out for the image itself. */
  readonly depth?: number;
  /** Set for `data` whose place in the file is a hole, as with clusters that were allocated ahead: it reads as zeros. */
  readonly isHole?: true;
}

export interface NativeGzipInflater {
  /** Goes on until the input is used up or the output is full. */
  inflate(input: Uint8Array, output: Uint8Array): { consumedBytes: number; producedBytes: number };
  /**
   * To be called at the end of the input: throws GZIP_TRUNCATED within a member. Returns the offset at which
   * bytes begin that are neither a member nor padding, if there are any.
   */
  finish(): number | undefined;
}

/** See native/format/qcow2/layout.h: clusters in ascending order, one region after the other, then finish(). */
export interface NativeQcow2Layout {
  frontMatterParts(): { parts: FrontMatterPart[]; totalBytes: number };
  addClusters(firstCluster: number, count: number, hasData: Uint8Array): void;
  /** True when there are so many plain clusters that {@link NativeQcow2Layout.placePlain} is due. */
  addCompressed(firstCluster: number, count: number, storedBytes: Uint32Array): boolean;
  /** Places the plain clusters that wait. Returns the padding before them, or before the L2 table. */
  placePlain(): number;
  /** Fills `l2Table` and answers true where the region has data. */
  closeRegion(l2Table: Uint8Array): boolean;
  /** Returns the size of all refcount blocks. */
  finish(): number;
  fillFrontMatter(part: number, output: Uint8Array): void;
  fillRefcountBlocks(output: Uint8Array): void;
}

/** A part of the front matter that is not all zeros. */
export interface FrontMatterPart {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Runs of guest bytes in a file: of each the offset in the file, the length and the guest offset. */
export type PlacedRuns = Float64Array<ArrayBuffer>;

/** See native/format/qcow2/placer.h: take() for each block of a qcow2 in order, then checkStep() until it is done. */
export interface NativeQcow2Placer {
  /** Takes in a block. Answers what of it is known to be guest bytes, and what of those before it is known only now. */
  take(block: Uint8Array): { here: PlacedRuns; behind: PlacedRuns };
  /** Compares a while longer what take() has told with the tables in the file; true at the end. Throws QCOW2_CORRUPT. */
  checkStep(path: string): boolean;
}

/** See native/format/qcow2/check.h: step() until it is done, then report(). */
export interface NativeQcow2Checker {
  /** Goes on for some tens of milliseconds. `totalBytes` is there once it is known. */
  step(): { isDone: boolean; doneBytes: number; totalBytes?: number };
  report(): CheckCounts;
  /** Gives the file and the memory back; every later call throws. */
  close(): void;
}

/** What a check has counted, as `qemu-img check` counts. */
export interface CheckCounts {
  readonly corruptions: number;
  /** Clusters whose refcount is higher than the references to them: lost space, but no danger. */
  readonly leaks: number;
  /** Clusters of which nothing can be said, because their refcounts cannot be found. */
  readonly checkErrors: number;
  /** Behind the last host cluster that is in use. */
  readonly imageEndBytes: number;
  /** Guest clusters: all, those with a host cluster, and of these the ones out of order and the compressed ones. */
  readonly totalClusters: number;
  readonly allocatedClusters: number;
  readonly fragmentedClusters: number;
  readonly compressedClusters: number;
  /** The first hundred faults, one line each. */
  readonly findings: readonly string[];
}

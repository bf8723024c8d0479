import type { AllowExternal } from '../image/external-files.js';
import type { FormatName } from '../image/format.js';
import type { Padding } from '../image/padding.js';
import type { Compression, CompressionType, EngineName } from '../native/boundary.js';
import type { MeasuredLevel } from './measuring/advice.js';

export interface ConvertProgress {
  /** `reading` a stream or `inflating` a source, `scanning` it for zeros, `converting`, `verifying` the result. */
  readonly phase: 'reading' | 'inflating' | 'scanning' | 'converting' | 'verifying';
  /** Bytes of this phase that are done: of the file when inflating or reading, else guest bytes that are stored. */
  readonly doneBytes: number;
  /** All bytes of this phase; undefined for a stream. */
  readonly totalBytes: number | undefined;
  /** Guest bytes read so far, which leaves out what is known to be zeros. */
  readonly readBytes: number;
  /** Bytes of the target so far. */
  readonly writtenBytes: number;
}

/** Every engine that a build can have. */
export const engineNames: readonly EngineName[] = ['isal', 'libdeflate', 'zlib'];

/** Level of a .gz target unless told: as dense as what gzip and pigz make by default. */
export const defaultLevel = 6;

/** The scale of levels goes on behind zlib's 9 where libdeflate is there, which is slow. */
export const levels = { least: 0, most: 12 } as const;

/** The levels for compressed clusters: there is none without compression, and zstd has its own. */
export const clusterLevels = {
  zlib: { least: 1, most: levels.most },
  zstd: { least: 1, most: 19 },
} as const;

/** The kinds of compressed clusters. */
export const compressionTypes: readonly CompressionType[] = ['zlib', 'zstd'];

/** Levels of compressed clusters unless told: smaller than those of qemu-img, in a fraction of its time. */
export const defaultClusterLevels = { zlib: 3, zstd: 3 } as const;

/** How to convert. With a padding the target has a longer disk than the source, and the result tells of that one. */
export interface ConvertOptions extends Padding {
  /** Format of the source; found out from its content by default. */
  readonly sourceFormat?: FormatName | undefined;
  /** Id or name of an internal snapshot of a qcow2 source to convert, instead of its active state. */
  readonly snapshot?: string | undefined;
  /** Read a source that is marked corrupt. */
  readonly allowCorrupt?: boolean | undefined;
  /** Read the backing and data files that the source names; the target needs none of them. */
  readonly allowExternal?: AllowExternal | undefined;
  /** Format of the target; by its name's ending by default. */
  readonly targetFormat?: FormatName | undefined;
  /**
   * Compression of a .gz target: 0 (none), 1 (fast) to 9 (dense), up to 12 (very slow); 6 by default. For each level
   * the engine is taken that does it best. `auto` measures for about a second which level has this image uploaded
   * soonest, and needs `bandwidthBitsPerSecond`; as measurements do, it may choose differently the next time.
   */
  readonly level?: number | 'auto' | undefined;
  /** What the link to the bucket carries; for level `auto`. Compressing and uploading are taken to overlap. */
  readonly bandwidthBitsPerSecond?: number | undefined;
  /**
   * Compress the clusters of a qcow2 target, in one of the two kinds that the format has. Clusters of the source that
   * are compressed so already are taken as they are, unless `level` or `engine` is given, which then are those of the
   * clusters: 1 to 12 for zlib, 1 to 19 for zstd, by default 3. A .gz around them is deflated fast.
   */
  readonly clusterCompression?: CompressionType | undefined;
  /** Compress with this engine; `level` is then one of its own levels. */
  readonly engine?: EngineName | undefined;
  /** Worker threads: one for each core by default. The result does not depend on it. */
  readonly threads?: number | undefined;
  /** Read the finished file back and compare it with the source before it gets its name. */
  readonly verify?: boolean | undefined;
  /** Take the guest digest on the way, as `digestImage` does: of the disk that the target has. */
  readonly digest?: boolean | undefined;
  /**
   * Have the target on the disk before it gets its name, so that it outlives a loss of power. Otherwise the system
   * brings it there within the next half minute, as it does for whatever is written.
   */
  readonly sync?: boolean | undefined;
  /**
   * Awaited when a target file is complete, before it gets its name: for a note that has to be there when the file is. What
   * it throws fails the conversion, which leaves nothing then.
   */
  readonly onComplete?: ((result: ConvertResult, file: CompleteFile) => Promise<void>) | undefined;
  /** Replace an existing target. */
  readonly force?: boolean | undefined;
  /**
   * Have the calling thread convert an image of a few MiB, which is done before a worker thread has started. It does
   * nothing else meanwhile, for up to a second where the level is slow: for programs that have nothing else to do.
   */
  readonly ownThread?: boolean | undefined;
  /** Stops the conversion; nothing is left of the target. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** What level `auto` has chosen, and why. */
export interface LevelChoice {
  readonly level: number;
  readonly compression: Compression;
  readonly bandwidthBitsPerSecond: number;
  /** What there is to compress: the bytes of clusters that are not all zeros, as estimated. */
  readonly contentBytes: number;
  readonly compressedBytes: number;
  /** Compressing alone, uploading alone, and both side by side, as they were estimated before. */
  readonly compressMs: number;
  readonly uploadMs: number;
  readonly totalMs: number;
  /** The levels among which it was. */
  readonly measured: readonly MeasuredLevel[];
}

/** By which a finished file is known again, whatever its name. */
export interface CompleteFile {
  readonly lengthBytes: number;
  /** Inode and time of birth: of a file that gets the inode of a former one the second is another. */
  readonly fileId: string;
}

export interface ConvertResult {
  readonly sourceFormat: FormatName;
  readonly targetFormat: FormatName;
  readonly virtualSizeBytes: number;
  /** Guest bytes that were read: the rest was known to be zeros. */
  readonly readBytes: number;
  /** Length of what was written; for a raw file without its holes. */
  readonly writtenBytes: number;
  readonly elapsedMs: number;
  readonly verified: boolean;
  /** For `digest`: what `digestImage` answers for the target. */
  readonly guestDigest?: string | undefined;
  /** For level `auto`. */
  readonly levelChoice?: LevelChoice | undefined;
  /** How a .gz was deflated; undefined for any other target. */
  readonly compression?: Compression | undefined;
}

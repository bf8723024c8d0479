export type EngineName = 'isal' | 'libdeflate' | 'zlib';

/** Those of the engines that inflate a stream as it comes; `zlib` is always there. */
export type InflaterName = 'isal' | 'zlib';

export interface EngineFacts {
  readonly name: EngineName;
  readonly version: string;
  /** The engine's own levels, which do not compare between engines. */
  readonly leastLevel: number;
  readonly mostLevel: number;
}

/** An engine and one of its own levels. */
export interface Compression {
  readonly engine: EngineName;
  readonly level: number;
}

/** The kinds of compressed clusters that a qcow2 can have. */
export type CompressionType = 'zlib' | 'zstd';

/** How each cluster of a qcow2 is compressed: one of zlib kind by any engine, one of zstd by libzstd. */
export type ClusterCompression =
  | ({ readonly type: 'zlib' } & Compression)
  | { readonly type: 'zstd'; readonly level: number };

export interface EncodeOptions {
  /** 0: all bytes of the segment; else only its clusters of that size that are not all zeros. */
  readonly clusterBytes: number;
  /** How to deflate, so that segments can be joined; left out for bytes as they are. */
  readonly compression?: Compression | undefined;
  /** Room for the segment, rounded up to whole clusters; used to deflate only. */
  readonly scratch: Uint8Array;
  /** Room for the result: deflateBound of the segment, or the segment as it is. */
  readonly output: Uint8Array;
  /** One bit for each cluster, least significant first: whether it has data. Not used for clusterBytes 0. */
  readonly hasData: Uint8Array;
}

export interface Encoded {
  /** Bytes before deflating; 0 when all of the segment is zeros. */
  readonly contentBytes: number;
  /** Bytes in `output`. */
  readonly encodedBytes: number;
  /** CRC-32 of the content; 0 where it is not deflated. */
  readonly crc32: number;
}

export interface CompressOptions {
  readonly clusterBytes: number;
  readonly clusters: ClusterCompression;
  /** Compress also what is stored as such clusters in the source, instead of taking it as it is. */
  readonly recompress: boolean;
  /** How the result is deflated, so that it can be joined; left out for bytes as they are. */
  readonly container?: Compression | undefined;
  /** Rooms for the segment, rounded up to whole clusters; both used on the way only. */
  readonly packed: Uint8Array;
  readonly plain: Uint8Array;
  /** Room for the result: the segment, rounded up, or two times its deflateBound with a container. */
  readonly output: Uint8Array;
  /** Bytes that each cluster takes: none if it is all zeros, all of them if it does not get smaller. */
  readonly storedBytes: Uint32Array;
}

/** What a segment gives in compressed clusters, piece after piece in the output. */
export interface CompressedSegment {
  /** The compressed clusters, one behind the other. */
  readonly packed: Encoded;
  /** The clusters that do not get smaller. */
  readonly plain: Encoded;
}

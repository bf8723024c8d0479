import type { Compression, FrontMatterPart } from '../../native/boundary.js';

/**
 * Takes the content of a file in order and writes it as it is or as gzip. Content that workers have prepared comes
 * encoded for `compression`; what is made on the spot comes plain.
 */
export interface ContentOutput {
  /** How workers deflate; undefined for content as it is. */
  readonly compression: Compression | undefined;
  /** Whether a front matter can be left open and filled in at the end. */
  readonly canPatch: boolean;
  /** Bytes of the file so far. */
  readonly writtenBytes: number;

  /** Before anything is appended: how many pieces there will be, more or less. */
  expect(pieces: number): void;
  /** Appends content that a worker has encoded. */
  append(encoded: Uint8Array, content: EncodedContent): Promise<void>;
  /** Appends content as it is. */
  appendPlain(content: Uint8Array): Promise<void>;
  /** Appends zeros without touching so many. */
  appendZeros(lengthBytes: number): Promise<void>;

  /**
   * Begins the file with a front matter of which only the parts are not zeros. Without `contents` it is left open,
   * in exactly the room that it will take, until {@link ContentOutput.patchFrontMatter}.
   */
  beginFrontMatter(frontMatter: FrontMatter, contents?: readonly Uint8Array[]): Promise<void>;
  patchFrontMatter(contents: readonly Uint8Array[]): Promise<void>;

  /** Writes what ends the file. */
  finish(): Promise<void>;
}

export interface EncodedContent {
  /** Length before encoding. */
  readonly contentBytes: number;
  /** CRC-32 before encoding; not used where it is not deflated. */
  readonly crc32: number;
}

export interface FrontMatter {
  readonly parts: readonly FrontMatterPart[];
  readonly totalBytes: number;
}

import { addon } from '../../native/addon.js';
import type { Compression } from '../../native/boundary.js';
import { segmentBytes } from '../../workers/jobs.js';
import type { ByteTarget } from './byte-target.js';
import type { ContentOutput, EncodedContent, FrontMatter } from './content-output.js';
import { deflatePiece, finalBlock, storedBlocks, zeroRun } from './deflate-pieces.js';
import { GzipIndex } from './gzip-index.js';

// RFC 1952 2.3: magic, deflate, flags, no time, no extra flags, system unknown. The same for the same content.
const header = (flags: number) => Uint8Array.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255);
const extraFieldFlag = 1 << 2;

/** CRC-32 and length of a run of content. */
interface Checksum {
  readonly crc32: number;
  readonly lengthBytes: number;
}

const nothing: Checksum = { crc32: 0, lengthBytes: 0 };

function join(a: Checksum, b: Checksum): Checksum {
  return {
    crc32: addon.crc32Combine(a.crc32, b.crc32, b.lengthBytes),
    lengthBytes: a.lengthBytes + b.lengthBytes,
  };
}

function ofBytes(bytes: Uint8Array): Checksum {
  return { crc32: addon.crc32(bytes), lengthBytes: bytes.length };
}

/** A run of zeros as one of whole segments, which is a constant pattern, and the rest. */
function wholeSegmentsFirst(lengthBytes: number): number[] {
  const restBytes = lengthBytes % segmentBytes;
  return [lengthBytes - restBytes, restBytes].filter((count) => count > 0);
}

function ofZeros(lengthBytes: number): Checksum {
  return { crc32: addon.crc32OfZeros(lengthBytes), lengthBytes };
}

/**
 * Content as one gzip member. Every piece was deflated on its own and ends at a byte boundary. A front matter takes
 * stored blocks and zero runs, whose length does not depend on what the parts hold, so that it can be written again
 * in place; its CRC-32 is joined to that of the rest at the end. Where the header can be written again, it gets an index
 * of the pieces.
 */
export class GzipOutput implements ContentOutput {
  readonly compression: Compression;
  readonly #target: ByteTarget;
  #hasBegun = false;
  #index: GzipIndex | undefined;
  #indexOffsetBytes = 0;
  #frontMatter: FrontMatter = { parts: [], totalBytes: 0 };
  #frontOffsetBytes = 0;
  #frontDeflatedBytes = 0;
  #frontChecksum = nothing;
  #checksum = nothing;

  constructor(target: ByteTarget, compression: Compression) {
    this.#target = target;
    this.compression = compression;
  }

  get canPatch(): boolean {
    return this.#target.canPatch;
  }

  get writtenBytes(): number {
    return this.#target.lengthBytes;
  }

  expect(pieces: number): void {
    if (this.#target.canPatch) this.#index = new GzipIndex(pieces);
  }

  async append(encoded: Uint8Array, { contentBytes, crc32 }: EncodedContent): Promise<void> {
    await this.#begin();
    await this.#target.write(encoded);
    this.#checksum = join(this.#checksum, { crc32, lengthBytes: contentBytes });
    this.#index?.add({ contentBytes, deflatedBytes: encoded.length, crc32, isZeros: false });
  }

  async appendPlain(content: Uint8Array): Promise<void> {
    const checksum = ofBytes(content);
    await this.append(deflatePiece(content, this.compression), {
      contentBytes: checksum.lengthBytes,
      crc32: checksum.crc32,
    });
  }

  async appendZeros(lengthBytes: number): Promise<void> {
    await this.#begin();
    for (const run of wholeSegmentsFirst(lengthBytes)) {
      const beforeBytes = this.#target.lengthBytes;
      for (const piece of zeroRun(run)) await this.#target.write(piece);
      const checksum = ofZeros(run);
      this.#checksum = join(this.#checksum, checksum);
      const deflatedBytes = this.#target.lengthBytes - beforeBytes;
      this.#index?.add({ contentBytes: run, deflatedBytes, crc32: checksum.crc32, isZeros: true });
    }
  }

  async beginFrontMatter(frontMatter: FrontMatter, contents?: readonly Uint8Array[]): Promise<void> {
    await this.#begin();
    this.#frontMatter = frontMatter;
    this.#frontOffsetBytes = this.#target.lengthBytes;
    const filled = contents ?? frontMatter.parts.map(({ lengthBytes }) => new Uint8Array(lengthBytes));
    await this.#encodeFrontMatter(filled, (bytes) => this.#target.write(bytes));
    this.#frontDeflatedBytes = this.#target.lengthBytes - this.#frontOffsetBytes;
  }

  async patchFrontMatter(contents: readonly Uint8Array[]): Promise<void> {
    let at = this.#frontOffsetBytes;
    await this.#encodeFrontMatter(contents, async (bytes, isZeros) => {
      if (!isZeros) await this.#target.patch(at, bytes);
      at += bytes.length;
    });
  }

  async finish(): Promise<void> {
    await this.#begin();
    const { crc32, lengthBytes } = join(this.#frontChecksum, this.#checksum);
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc32, 0);
    // ISIZE is the length modulo 2^32.
    trailer.writeUInt32LE(lengthBytes % 2 ** 32, 4);
    await this.#target.write(Buffer.concat([finalBlock, trailer]));
    if (this.#index === undefined) return;
    await this.#target.patch(this.#indexOffsetBytes, this.#index.encode(this.#frontPiece()));
  }

  #frontPiece() {
    const { crc32, lengthBytes: contentBytes } = this.#frontChecksum;
    if (contentBytes === 0) return undefined;
    return { contentBytes, deflatedBytes: this.#frontDeflatedBytes, crc32, isZeros: false };
  }

  async #begin(): Promise<void> {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    await this.#target.write(header(this.#index === undefined ? 0 : extraFieldFlag));
    this.#indexOffsetBytes = this.#target.lengthBytes;
    if (this.#index !== undefined) await this.#target.write(new Uint8Array(this.#index.fieldBytes));
  }

  async #encodeFrontMatter(
    contents: readonly Uint8Array[],
    emit: (bytes: Uint8Array, isZeros: boolean) => Promise<void>,
  ): Promise<void> {
    let checksum = nothing;
    const emitZeros = async (lengthBytes: number) => {
      for (const piece of zeroRun(lengthBytes)) await emit(piece, true);
      checksum = join(checksum, ofZeros(lengthBytes));
    };
    for (const [index, { offsetBytes }] of this.#frontMatter.parts.entries()) {
      const content = contents[index] ?? new Uint8Array(0);
      await emitZeros(offsetBytes - checksum.lengthBytes);
      await emit(storedBlocks(content), false);
      checksum = join(checksum, ofBytes(content));
    }
    await emitZeros(this.#frontMatter.totalBytes - checksum.lengthBytes);
    this.#frontChecksum = checksum;
  }
}

import { addon } from '../../native/addon.js';
import type { Compression } from '../../native/boundary.js';
import { segmentBytes } from '../../workers/jobs.js';

// RFC 1951 3.2.4: a stored block holds at most 65535 bytes.
const maxStoredBytes = 65535;
const storedHeaderBytes = 5;

// Runs of zeros are deflated once for each length, by what every build has: they look the same in all of them.
const zeroCompression: Compression = { engine: 'zlib', level: 9 };

/** Deflates on its own, so that the result can stand anywhere in a stream. */
export function deflatePiece(content: Uint8Array, compression: Compression): Uint8Array {
  const output = new Uint8Array(addon.deflateBound(content.length));
  return output.subarray(0, addon.deflateSegment(content, compression, output));
}

/** Length of {@link storedBlocks} for so much content: it depends on nothing else. */
export function storedLength(lengthBytes: number): number {
  return lengthBytes + storedHeaderBytes * Math.ceil(lengthBytes / maxStoredBytes);
}

/** The content in stored blocks, to be overwritten later with other content of the same length. */
export function storedBlocks(content: Uint8Array): Uint8Array {
  const output = Buffer.alloc(storedLength(content.length));
  let to = 0;
  for (let from = 0; from < content.length; from += maxStoredBytes) {
    const block = content.subarray(from, from + maxStoredBytes);
    // At a byte boundary the header is one byte (BFINAL 0, BTYPE 00), then LEN and its complement.
    output.writeUInt8(0, to);
    output.writeUInt16LE(block.length, to + 1);
    output.writeUInt16LE(~block.length & 0xffff, to + 3);
    output.set(block, to + storedHeaderBytes);
    to += storedHeaderBytes + block.length;
  }
  return output;
}

/** The final, empty block that ends a deflate stream at a byte boundary (stored, BFINAL 1). */
export const finalBlock: Uint8Array = Uint8Array.of(1, 0, 0, 0xff, 0xff);

let zeroSegment: Uint8Array | undefined;

/**
 * The deflate form of a run of zeros, piece by piece. A whole segment is a constant pattern, so that a run costs
 * its output and no compression.
 */
export function* zeroRun(lengthBytes: number): Generator<Uint8Array> {
  const whole = Math.floor(lengthBytes / segmentBytes);
  if (whole > 0) {
    zeroSegment ??= deflatePiece(new Uint8Array(segmentBytes), zeroCompression);
    yield* repeat(zeroSegment, whole);
  }
  const rest = lengthBytes % segmentBytes;
  if (rest > 0) yield deflatePiece(new Uint8Array(rest), zeroCompression);
}

// 256 patterns make about 1 MiB: few writes, little memory.
const patternsPerWrite = 256;

function* repeat(pattern: Uint8Array, times: number): Generator<Uint8Array> {
  const many = Buffer.concat(Array.from({ length: Math.min(times, patternsPerWrite) }, () => pattern));
  for (let left = times; left > 0; left -= patternsPerWrite) {
    yield many.subarray(0, Math.min(left, patternsPerWrite) * pattern.length);
  }
}

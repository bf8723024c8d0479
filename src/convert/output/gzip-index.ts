import { addon } from '../../native/addon.js';
import { segmentBytes } from '../../workers/jobs.js';

/** A stretch of content that inflates on its own; see native/codec/gzip_index.h. */
interface Piece {
  readonly contentBytes: number;
  readonly deflatedBytes: number;
  readonly crc32: number;
  readonly isZeros: boolean;
}

// RFC 1952 2.3.1.1: the length of the extra field has 16 bits; a subfield begins with two letters and its own length.
const mostExtraBytes = 65_535;
const subfieldHeaderBytes = 4;
const version = 1;
// Version and number of pieces.
const listHeaderBytes = 5;
// Of a segment: both lengths are below 2^28, four groups of 7 bits; then the CRC-32.
const bytesPerPiece = 12;
// So that runs of zeros, whose lengths take more groups, have room in a short list too.
const spareBytes = 64;
// A run of zeros of this length is compared with the pattern in some ten milliseconds.
const mostZeroBytes = 2 ** 34;
// A group of 7 bits is full from here on.
const groupSize = 128;

/**
 * The index of the pieces of a gzip file, which is written into the header: room is set aside before the pieces are
 * known. Where they do not fit, neighbours become one, the shorter ones first.
 */
export class GzipIndex {
  /** Of the whole extra field, its length included. */
  readonly fieldBytes: number;
  readonly #pieces: Piece[] = [];

  /** @param expectedPieces how many there will be, more or less */
  constructor(expectedPieces: number) {
    const wanted = subfieldHeaderBytes + listHeaderBytes + expectedPieces * bytesPerPiece + spareBytes;
    this.fieldBytes = 2 + Math.min(wanted, mostExtraBytes);
  }

  /** Appends a piece; whole segments of zeros become one, as they are one pattern over and over. */
  add(piece: Piece): void {
    if (piece.contentBytes === 0 && piece.deflatedBytes === 0) return;
    const last = this.#pieces.at(-1);
    const joined = last !== undefined && isPattern(last) && isPattern(piece) ? join(last, piece) : undefined;
    if (joined !== undefined && joined.contentBytes <= mostZeroBytes) this.#pieces.splice(-1, 1, joined);
    else this.#pieces.push(piece);
  }

  /**
   * The whole extra field, its length first.
   *
   * @param first goes before all pieces that were added
   */
  encode(first: Piece | undefined): Uint8Array {
    const room = this.fieldBytes - 2 - subfieldHeaderBytes;
    let list = encodeList(first === undefined ? this.#pieces : [first, ...this.#pieces]);
    let pieces = first === undefined ? this.#pieces : [first, ...this.#pieces];
    for (let most = 2 ** 23; list.length > room; most *= 2) {
      pieces = joinShort(pieces, most);
      list = encodeList(pieces);
    }
    const field = Buffer.alloc(this.fieldBytes);
    field.writeUInt16LE(this.fieldBytes - 2, 0);
    field.write('OF', 2, 'latin1');
    field.writeUInt16LE(room, 4);
    field.set(list, 6);
    return field;
  }
}

function isPattern({ isZeros, contentBytes }: Piece): boolean {
  return isZeros && contentBytes % segmentBytes === 0;
}

function join(a: Piece, b: Piece): Piece {
  return {
    contentBytes: a.contentBytes + b.contentBytes,
    deflatedBytes: a.deflatedBytes + b.deflatedBytes,
    crc32: addon.crc32Combine(a.crc32, b.crc32, b.contentBytes),
    isZeros: a.isZeros && b.isZeros,
  };
}

/** Joins neighbours as long as what comes out has no more content than `mostBytes`. */
function joinShort(pieces: readonly Piece[], mostBytes: number): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last !== undefined && last.contentBytes + piece.contentBytes <= mostBytes) {
      result.splice(-1, 1, join(last, piece));
    } else {
      result.push(piece);
    }
  }
  return result;
}

function encodeList(pieces: readonly Piece[]): Buffer {
  const bytes: number[] = [version];
  pushFixed(bytes, pieces.length);
  for (const { contentBytes, deflatedBytes, crc32, isZeros } of pieces) {
    pushGroups(bytes, contentBytes * 2 + (isZeros ? 1 : 0));
    pushGroups(bytes, deflatedBytes);
    pushFixed(bytes, crc32);
  }
  return Buffer.from(bytes);
}

function pushFixed(bytes: number[], value: number): void {
  for (let shift = 0; shift < 32; shift += 8) bytes.push((value >>> shift) & 0xff);
}

function pushGroups(bytes: number[], value: number): void {
  let left = value;
  for (; left >= groupSize; left = Math.floor(left / groupSize)) bytes.push((left % groupSize) + groupSize);
  bytes.push(left);
}

import { crc32 } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { GzipIndex } from '../../../src/convert/output/gzip-index.js';
import { segmentBytes } from '../../../src/workers/jobs.js';

interface Piece {
  readonly contentBytes: number;
  readonly deflatedBytes: number;
  readonly crc32: number;
  readonly isZeros: boolean;
}

/** What a field lists, read as RFC 1952 and the version of the list have it. */
function decode(field: Uint8Array): Piece[] {
  const bytes = Buffer.from(field);
  const lengths = { extra: bytes.readUInt16LE(0), subfield: bytes.readUInt16LE(4) };
  if (lengths.extra !== bytes.length - 2 || lengths.subfield !== lengths.extra - 4) throw new Error('length');
  if (bytes.toString('latin1', 2, 4) !== 'OF' || bytes[6] !== 1) throw new Error('header');
  let at = 11;
  const groups = () => {
    let [value, scale] = [0, 1];
    for (; ; scale *= 128) {
      const byte = bytes.readUInt8(at);
      at += 1;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  const pieces = Array.from({ length: bytes.readUInt32LE(7) }, () => {
    const content = groups();
    const deflatedBytes = groups();
    at += 4;
    const sum = bytes.readUInt32LE(at - 4);
    return { contentBytes: Math.floor(content / 2), deflatedBytes, crc32: sum, isZeros: content % 2 === 1 };
  });
  if (bytes.subarray(at).some((byte) => byte !== 0)) throw new Error('no zeros behind the list');
  return pieces;
}

const sum = (pieces: readonly Piece[], of: (piece: Piece) => number) =>
  pieces.reduce((total, piece) => total + of(piece), 0);

const pieceArbitrary = fc
  .record({ content: fc.uint8Array({ minLength: 1, maxLength: 40 }), isZeros: fc.boolean() })
  .map(({ content, isZeros }) =>
    isZeros ? { content: new Uint8Array(content.length), isZeros } : { content, isZeros },
  );

const pieceOf = (
  { content, isZeros }: { content: Uint8Array; isZeros: boolean },
  deflatedBytes: number,
): Piece => ({
  contentBytes: content.length,
  deflatedBytes,
  crc32: crc32(content),
  isZeros,
});

test('however little room there is, the pieces that are listed tile the content, each with its own CRC-32', (t) => {
  fc.assert(
    fc.property(
      fc.array(pieceArbitrary, { maxLength: 60 }),
      fc.option(pieceArbitrary, { nil: undefined }),
      fc.nat({ max: 80 }),
      (made, front, expected) => {
        const index = new GzipIndex(expected);
        for (const [at, piece] of made.entries()) index.add(pieceOf(piece, 10 + at));
        const field = index.encode(
          front === undefined ? undefined : pieceOf({ ...front, isZeros: false }, 5),
        );
        t.is(field.length, index.fieldBytes);
        const listed = decode(field);
        const all = [...(front === undefined ? [] : [front]), ...made];
        const content = Buffer.concat(all.map((piece) => piece.content));
        let at = 0;
        for (const piece of listed) {
          const own = content.subarray(at, at + piece.contentBytes);
          t.is(piece.crc32, crc32(own));
          if (piece.isZeros) t.true(own.every((byte) => byte === 0));
          at += piece.contentBytes;
        }
        t.is(at, content.length);
        const deflated = made.reduce((total, _piece, i) => total + 10 + i, front === undefined ? 0 : 5);
        t.is(
          sum(listed, (piece) => piece.deflatedBytes),
          deflated,
        );
      },
    ),
  );
});

test('more segments than a field has room for become longer pieces, all of about the same length', (t) => {
  const count = 20_000;
  const index = new GzipIndex(count);
  t.is(index.fieldBytes, 65_537);
  const deflated = (i: number) => 2 ** 21 + i;
  for (let i = 0; i < count; i += 1) {
    index.add({ contentBytes: segmentBytes, deflatedBytes: deflated(i), crc32: i, isZeros: false });
  }
  const listed = decode(index.encode(undefined));
  t.true(listed.length < 6000 && listed.length > 2000, String(listed.length));
  t.is(
    sum(listed, (piece) => piece.contentBytes),
    count * segmentBytes,
  );
  t.true(listed.every((piece) => piece.contentBytes <= 4 * segmentBytes));
});

test('as many segments as were expected keep a piece each', (t) => {
  for (const count of [1, 10, 5000]) {
    const index = new GzipIndex(count);
    for (let i = 0; i < count; i += 1) {
      index.add({
        contentBytes: segmentBytes,
        deflatedBytes: segmentBytes + 1300,
        crc32: 2 ** 32 - 1,
        isZeros: false,
      });
    }
    t.is(decode(index.encode(undefined)).length, count);
  }
});

const zeros = (contentBytes: number): Piece => ({
  contentBytes,
  deflatedBytes: Math.ceil(contentBytes / 1000),
  crc32: 0,
  isZeros: true,
});

test('whole segments of zeros become one piece, but none that takes long to prove', (t) => {
  const index = new GzipIndex(10);
  for (let i = 0; i < 3; i += 1) index.add(zeros(2 * segmentBytes));
  index.add(zeros(777));
  index.add(zeros(5 * segmentBytes));
  for (let i = 0; i < 3; i += 1) index.add(zeros(2 ** 33));
  const lengths = decode(index.encode(undefined)).map((piece) => piece.contentBytes);
  // The rest of a run is no constant pattern, and would have all that it is joined to inflated.
  t.deepEqual(lengths, [6 * segmentBytes, 777, 5 * segmentBytes + 2 ** 33, 2 ** 34]);
});

test('nothing at all is an empty list', (t) => {
  const index = new GzipIndex(0);
  index.add({ contentBytes: 0, deflatedBytes: 0, crc32: 0, isZeros: false });
  t.deepEqual(decode(index.encode(undefined)), []);
});

import { crc32, gunzipSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import type { ByteTarget } from '../../../src/convert/output/byte-target.js';
import {
  deflatePiece,
  storedBlocks,
  storedLength,
  zeroRun,
} from '../../../src/convert/output/deflate-pieces.js';
import { GzipOutput } from '../../../src/convert/output/gzip-output.js';
import { segmentBytes } from '../../../src/workers/jobs.js';
import { anyCompression, zlib6 } from '../../helpers/compressions.js';

/** A target in memory. */
class MemoryTarget implements ByteTarget {
  readonly canPatch = true;
  #bytes = Buffer.alloc(0);

  get lengthBytes(): number {
    return this.#bytes.length;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }

  async skip(lengthBytes: number): Promise<void> {
    await this.write(new Uint8Array(lengthBytes));
  }

  async patch(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    this.#bytes.set(bytes, offsetBytes);
  }
}

const pieceArbitrary = fc.oneof(
  fc.record({ kind: fc.constant('zeros' as const), bytes: fc.integer({ min: 0, max: 70_000 }) }),
  fc.record({ kind: fc.constant('plain' as const), bytes: fc.uint8Array({ maxLength: 3000 }) }),
  fc.record({ kind: fc.constant('encoded' as const), bytes: fc.uint8Array({ maxLength: 3000 }) }),
);

test('whatever is appended comes out of gunzip, as one member', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(pieceArbitrary, { maxLength: 8 }),
      anyCompression,
      async (pieces, compression) => {
        const target = new MemoryTarget();
        const output = new GzipOutput(target, compression);
        const expected: Uint8Array[] = [];
        for (const { kind, bytes } of pieces) {
          const content = kind === 'zeros' ? new Uint8Array(bytes) : bytes;
          expected.push(content);
          if (kind === 'zeros') await output.appendZeros(bytes);
          else if (kind === 'plain') await output.appendPlain(bytes);
          else {
            const checksum = { contentBytes: content.length, crc32: crc32(content) };
            await output.append(deflatePiece(content, compression), checksum);
          }
        }
        await output.finish();
        t.deepEqual(gunzipSync(target.bytes), Buffer.concat(expected));
      },
    ),
  );
});

test('a front matter that is filled in at the end gives the same file as one that is known before', async (t) => {
  const parts = [
    { offsetBytes: 0, lengthBytes: 112 },
    { offsetBytes: 65_536, lengthBytes: 70_000 },
    { offsetBytes: 196_608, lengthBytes: 0 },
  ];
  const frontMatter = { parts, totalBytes: 262_144 };
  const contents = parts.map(({ lengthBytes }, index) => new Uint8Array(lengthBytes).fill(index + 1));
  const rest = new TextEncoder().encode('what comes behind it');

  const late = new MemoryTarget();
  const lateOutput = new GzipOutput(late, zlib6);
  await lateOutput.beginFrontMatter(frontMatter);
  await lateOutput.appendPlain(rest);
  await lateOutput.patchFrontMatter(contents);
  await lateOutput.finish();

  const early = new MemoryTarget();
  const earlyOutput = new GzipOutput(early, zlib6);
  await earlyOutput.beginFrontMatter(frontMatter, contents);
  await earlyOutput.appendPlain(rest);
  await earlyOutput.finish();

  t.deepEqual(late.bytes, early.bytes);
  const expected = Buffer.alloc(262_144);
  for (const [index, { offsetBytes }] of parts.entries()) expected.set(contents[index] ?? [], offsetBytes);
  t.deepEqual(gunzipSync(late.bytes), Buffer.concat([expected, rest]));
});

test('the header has no time and no name: the same content gives the same file', async (t) => {
  const target = new MemoryTarget();
  await new GzipOutput(target, zlib6).finish();
  t.deepEqual([...target.bytes.subarray(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  t.deepEqual(gunzipSync(target.bytes), Buffer.alloc(0));
});

test('stored blocks take a length that follows from the content length alone', (t) => {
  for (const length of [0, 1, 65_534, 65_535, 65_536, 200_000]) {
    t.is(storedBlocks(new Uint8Array(length).fill(7)).length, storedLength(length));
  }
});

test('whole segments of zeros cost a constant pattern each', (t) => {
  const length = (run: Iterable<Uint8Array>) => [...run].reduce((sum, piece) => sum + piece.length, 0);
  const one = length(zeroRun(segmentBytes));
  t.true(one < segmentBytes / 1000);
  t.is(length(zeroRun(1000 * segmentBytes)), 1000 * one);
  t.is(length(zeroRun(0)), 0);
});

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { access, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { convert, ForgeError, openImage, readImageInfo } from '../../src/index.js';
import { addon } from '../../src/native/addon.js';
import { WorkerPool } from '../../src/workers/worker-pool.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise, prose } from '../helpers/images.js';

const run = promisify(execFile);

/** The optional parts of a gzip header (RFC 1952, 2.3.1). */
interface HeaderParts {
  readonly extra?: Uint8Array;
  readonly name?: string;
  readonly comment?: string;
  readonly hasHeaderCrc?: boolean;
  readonly isText?: boolean;
}

function header({ extra, name, comment, hasHeaderCrc, isText }: HeaderParts): Buffer {
  const bit = (isSet: boolean | undefined, value: number) => (isSet === true ? value : 0);
  const flags =
    bit(isText, 1) |
    bit(hasHeaderCrc, 2) |
    bit(extra !== undefined, 4) |
    bit(name !== undefined, 8) |
    bit(comment !== undefined, 16);
  const parts: Uint8Array[] = [Uint8Array.of(0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3)];
  if (extra !== undefined) parts.push(le16(extra.length), extra);
  for (const text of [name, comment]) {
    if (text !== undefined) parts.push(Buffer.from(`${text}\0`, 'latin1'));
  }
  const bytes = Buffer.concat(parts);
  return hasHeaderCrc === true ? Buffer.concat([bytes, le16(crc32(bytes) & 0xffff)]) : bytes;
}

function le16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function trailer(crc: number, lengthBytes: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(lengthBytes % 2 ** 32, 4);
  return bytes;
}

function member(content: Uint8Array, parts: HeaderParts = {}): Buffer {
  return Buffer.concat([header(parts), deflateRawSync(content), trailer(crc32(content), content.length)]);
}

/** As bgzip cuts a file: members of at most 64 KiB that tell their size in an extra field, and an empty one at the end. */
function blockedGzip(content: Uint8Array): Buffer {
  const members: Buffer[] = [];
  for (let at = 0; at < content.length; at += 0xff00) {
    members.push(blockOf(content.subarray(at, at + 0xff00)));
  }
  return Buffer.concat([...members, blockOf(new Uint8Array(0))]);
}

function blockOf(content: Uint8Array): Buffer {
  const extraFor = (size: number) => Buffer.concat([Buffer.from('BC'), le16(2), le16(size)]);
  const { length } = member(content, { extra: extraFor(0) });
  return member(content, { extra: extraFor(length - 1) });
}

const content = Buffer.concat([prose(300_000), Buffer.alloc(5_000_000), noise(200_000), prose(4_000_000, 2)]);

async function assertHolds(t: ExecutionContext, folder: Folder, gzip: Uint8Array, expected: Uint8Array) {
  const path = folder.at('disk.raw.gz');
  const warnings: string[] = [];
  await writeFile(path, gzip);
  await convert(path, folder.at('new.raw'), { force: true, onWarning: (text) => warnings.push(text) });
  t.true((await readFile(folder.at('new.raw'))).equals(expected));
  t.deepEqual(warnings, []);
}

const headers: Readonly<Record<string, HeaderParts>> = {
  'nothing optional': {},
  'an extra field': { extra: noise(65_535) },
  'a name': { name: 'disk of tuesday.raw' },
  'a comment': { comment: 'made by hand\nin two lines' },
  'a header CRC': { hasHeaderCrc: true },
  everything: { extra: noise(7), name: 'a', comment: '', hasHeaderCrc: true, isText: true },
};

for (const [what, parts] of Object.entries(headers)) {
  test(`a header with ${what}`, async (t) => {
    await using folder = await makeFolder();
    await assertHolds(t, folder, member(content, parts), content);
  });
}

test('many members, empty ones among them, as bgzip makes them, and padding', async (t) => {
  await using folder = await makeFolder();
  const cuts = [0, 1, 1, 300_000, 300_512, 4_194_304, 4_194_305, content.length];
  const members = cuts.map((cut, index) => member(content.subarray(cuts[index - 1] ?? 0, cut)));
  await assertHolds(t, folder, Buffer.concat(members), content);
  await assertHolds(t, folder, blockedGzip(content), content);
  for (const paddingBytes of [1, 511, 100_000, 3_000_000]) {
    await assertHolds(t, folder, Buffer.concat([member(content), Buffer.alloc(paddingBytes)]), content);
  }
});

test('as other programs write it', async (t) => {
  await using folder = await makeFolder();
  const source = folder.at('source');
  await writeFile(source, content);
  const programs = [
    ['gzip', '-1'],
    ['gzip', '-9n'],
    ['pigz'],
    ['pigz', '-i'],
    ['pigz', '-b', '32', '-p', '4', '-i'],
    ['pigz', '-11', '-I', '1'],
    ['igzip', '-0'],
    ['igzip', '-3'],
    ['igzip', '-T', '2'],
  ] as const;
  for (const [program, ...args] of programs) {
    const { stdout } = await run(program, [...args, '-c', source], {
      encoding: 'buffer',
      maxBuffer: 64 * 1024 * 1024,
    });
    await assertHolds(t, folder, stdout, content);
  }
});

test('a qcow2 in any of them', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 2_000_384, [{ offsetBytes: 70_000, bytes: prose(100_000) }]);
  await convert(folder.at('disk.raw'), folder.at('disk.qcow2'));
  const image = await readFile(folder.at('disk.qcow2'));
  for (const gzip of [
    blockedGzip(image),
    // The header of the image is spread over members.
    Buffer.concat([member(image.subarray(0, 3)), member(image.subarray(3))]),
    Buffer.concat([member(new Uint8Array(0)), member(image)]),
    Buffer.concat([member(image.subarray(0, 1000)), member(image.subarray(1000))]),
  ]) {
    await writeFile(folder.at('copy.gz'), gzip);
    await using opened = await openImage(folder.at('copy.gz'));
    t.is(opened.format, 'qcow2');
    t.like(await readImageInfo(folder.at('copy.gz')), { format: 'qcow2', virtualSizeBytes: 2_000_384 });
    t.deepEqual(Buffer.from(opened.read(70_000, 100_000)), Buffer.from(prose(100_000)));
  }
});

/** One member of zeros and a few bytes after them, longer than its 32-bit length field can tell. */
function hugeMember(zeroPieces: number, tail: Uint8Array): { gzip: Buffer; lengthBytes: number } {
  const pieceBytes = 64 * 1024 * 1024;
  const flushed = (bytes: Uint8Array) => deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH });
  const piece = flushed(Buffer.alloc(pieceBytes));
  const zerosBytes = zeroPieces * pieceBytes;
  const lengthBytes = zerosBytes + tail.length;
  const crc = addon.crc32Combine(addon.crc32OfZeros(zerosBytes), crc32(tail), tail.length);
  const pieces = Array.from({ length: zeroPieces }, () => piece);
  const gzip = Buffer.concat([header({}), ...pieces, deflateRawSync(tail), trailer(crc, lengthBytes)]);
  return { gzip, lengthBytes };
}

test('more than 4 GiB in one member', async (t) => {
  await using folder = await makeFolder();
  const tail = prose(10_000);
  const { gzip, lengthBytes } = hugeMember(65, tail);
  await writeFile(folder.at('disk.raw.gz'), gzip);
  await convert(folder.at('disk.raw.gz'), folder.at('new.raw'));
  const { size, blocks } = await stat(folder.at('new.raw'));
  t.is(size, lengthBytes);
  t.true(blocks * 512 < 1024 * 1024);
  await using image = await openImage(folder.at('new.raw'));
  t.deepEqual(Buffer.from(image.read(lengthBytes - tail.length, tail.length)), Buffer.from(tail));
});

/** What gzip makes of a file: 0 all is well, 1 an error, 2 a warning. */
function gzipSays(path: string): { status: number | null; content: Buffer } {
  const { status, stdout } = spawnSync('gzip', ['-dc', path], { maxBuffer: 64 * 1024 * 1024 });
  return { status, content: stdout };
}

const damageArbitrary = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'insert', 'append'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  /** Half of the damages are near a border of members, where they do most. */
  isNearBorder: fc.boolean(),
  distance: fc.integer({ min: -12, max: 20 }),
  byte: fc.integer({ min: 1, max: 255 }),
});

type Damage = typeof damageArbitrary extends fc.Arbitrary<infer T> ? T : never;

function apply(gzip: Buffer, border: number, damage: Damage): Buffer {
  const at = damage.isNearBorder ? border + damage.distance : Math.floor(damage.at * gzip.length);
  const byte = Uint8Array.of(damage.byte);
  switch (damage.kind) {
    case 'flip': {
      const bytes = Buffer.from(gzip);
      bytes.writeUInt8(bytes.readUInt8(at) ^ damage.byte, at);
      return bytes;
    }
    case 'cut':
      return gzip.subarray(0, at);
    case 'insert':
      return Buffer.concat([gzip.subarray(0, at), byte, gzip.subarray(at)]);
    case 'append':
      // A single byte is an error for gzip, as it looks for two; more than one is a warning.
      return Buffer.concat([gzip, byte, byte]);
  }
}

test('damage is an error where it is one for gzip, and never a short result in silence', async (t) => {
  await using folder = await makeFolder();
  // Keeps the threads from one conversion to the next.
  await using _pool = new WorkerPool(1);
  const [first, second] = [prose(20_000), prose(30_000, 2)];
  const front = member(first, { name: 'first', extra: noise(20), hasHeaderCrc: true });
  const whole = Buffer.concat([front, member(second)]);
  const [source, target] = [folder.at('disk.raw.gz'), folder.at('new.raw')];
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(damageArbitrary, async (damage) => {
      await writeFile(source, apply(whole, front.length, damage));
      const gzip = gzipSays(source);
      const warnings: string[] = [];
      const options = {
        threads: 1,
        sourceFormat: 'raw.gz',
        onWarning: (text: string) => warnings.push(text),
      };
      try {
        await convert(source, target, options as Parameters<typeof convert>[2]);
      } catch (thrown) {
        if (!(thrown instanceof ForgeError)) throw thrown;
        seen.add(thrown.code);
        assert.notEqual(gzip.status, 0, `gzip has no complaint: ${thrown.toLine()}`);
        assert.match(thrown.code, /^GZIP_|^FORMAT_MISMATCH$/);
        assert.equal(thrown.path, source);
        await assert.rejects(access(target), { code: 'ENOENT' });
        return;
      }
      const written = await readFile(target);
      await rm(target);
      assert.notEqual(gzip.status, 1, 'gzip fails');
      assert.equal(warnings.length, gzip.status === 2 ? 1 : 0);
      assert.ok(written.equals(gzip.content));
      seen.add(gzip.status === 2 ? 'warning' : 'well');
    }),
    { numRuns: 200, includeErrorInReport: true },
  );
  t.log([...seen].join(', '));
  for (const outcome of ['GZIP_TRUNCATED', 'GZIP_CORRUPT', 'GZIP_CHECKSUM_MISMATCH', 'warning']) {
    t.true(seen.has(outcome), outcome);
  }
});

test('an error tells where in the file it is', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('disk.raw.gz');
  const [front, back] = [member(prose(50_000)), member(prose(60_000, 2))];
  const broken = (offset: number, value: number) =>
    Buffer.concat([front, back]).fill(value, offset, offset + 1);
  const end = front.length + back.length;
  const wrongLength = Buffer.concat([front, back.subarray(0, -8), trailer(crc32(prose(60_000, 2)), 60_001)]);
  const wrongCrc = Buffer.concat([front, back.subarray(0, -8), trailer(7, 60_000)]);
  const damages = [
    [Buffer.concat([front, back]).subarray(0, end - 1), 'GZIP_TRUNCATED', end - 1],
    [wrongCrc, 'GZIP_CHECKSUM_MISMATCH', end],
    [wrongLength, 'GZIP_CHECKSUM_MISMATCH', end],
    [broken(front.length + 2, 9), 'GZIP_BAD_HEADER', front.length + 3],
    [broken(front.length + 10, 7), 'GZIP_CORRUPT', front.length + 11],
  ] as const;
  for (const [bytes, code, offset] of damages) {
    await writeFile(path, bytes);
    const error = await t.throwsAsync(convert(path, folder.at('new.raw')), { instanceOf: ForgeError });
    t.is(error?.code, code);
    const named = Number(/byte (\d+)/.exec(error?.message ?? '')?.[1]);
    t.true(Math.abs(named - offset) <= 8, `${error?.message}; expected near ${offset}`);
  }
});

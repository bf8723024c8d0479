import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { constants, crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import test from 'ava';
import { GzipIndex } from '../../src/convert/output/gzip-index.js';
import { convert } from '../../src/index.js';
import { runBounded } from '../helpers/bounded.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, noise, prose } from '../helpers/images.js';

test('a gzip bomb: nothing of it is inflated but its head', async (t) => {
  await using folder = await makeFolder();
  // Members of 64 MiB in 64 KiB: 64 GiB in 64 MiB would take minutes.
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });
  await writeFile(folder.at('bomb.raw.gz'), Buffer.concat(Array.from({ length: 1024 }, () => bomb)));
  const { status, stdout } = await runBounded(['info', '--json', 'bomb.raw.gz'], { cwd: folder.path });
  t.is(status, 0);
  t.false('virtual-size' in JSON.parse(stdout));
});

test('a qcow2 behind which a bomb stands', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 1024 * 1024, [{ offsetBytes: 0, bytes: prose(10_000) }]);
  await convert(folder.at('disk.raw'), folder.at('disk.qcow2.gz'));
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });
  const head = await readFile(folder.at('disk.qcow2.gz'));
  await writeFile(
    folder.at('bomb.qcow2.gz'),
    Buffer.concat([head, ...Array.from({ length: 1024 }, () => bomb)]),
  );
  const { status, stdout } = await runBounded(['info', '--json', 'bomb.qcow2.gz'], { cwd: folder.path });
  t.is(status, 0);
  t.like(JSON.parse(stdout), { format: 'qcow2', 'virtual-size': 1024 * 1024 });
});

test('a bomb that is converted takes no room but for its length', async (t) => {
  await using folder = await makeFolder();
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });
  await writeFile(folder.at('bomb.raw.gz'), Buffer.concat(Array.from({ length: 16 }, () => bomb)));
  const { status } = await runBounded(['convert', 'bomb.raw.gz', 'new.raw'], { cwd: folder.path });
  t.is(status, 0);
  const { size, blocks } = await stat(folder.at('new.raw'));
  t.is(size, 1024 * 1024 * 1024);
  t.true(blocks * 512 < 1024 * 1024);
  t.deepEqual((await readdir(folder.path)).sort(), ['bomb.raw.gz', 'new.raw']);
});

/** A gzip file whose index finds a piece within a stored block, and the content by way of the index and of gzip. */
function withHiddenPiece(trailerOf: 'index' | 'gzip') {
  // Behind them is more than what is looked at to find out the format.
  const [front, hidden, rest] = [prose(1000), prose(2000, 2), noise(300_000)];
  const deflate = (content: Uint8Array) => deflateRawSync(content, { finishFlush: constants.Z_FULL_FLUSH });
  const storedHeader = Buffer.alloc(5);
  const length = deflate(hidden).length;
  storedHeader.writeUInt16LE(length, 1);
  storedHeader.writeUInt16LE(~length & 0xffff, 3);
  const pieces = [
    { content: front, deflated: Buffer.concat([deflate(front), storedHeader]) },
    { content: hidden, deflated: deflate(hidden) },
    { content: rest, deflated: deflate(rest) },
  ];
  const index = new GzipIndex(pieces.length);
  for (const { content, deflated } of pieces) {
    const checksum = { contentBytes: content.length, crc32: crc32(content) };
    index.add({ ...checksum, deflatedBytes: deflated.length, isZeros: false });
  }
  const byIndex = Buffer.concat([front, hidden, rest]);
  const byGzip = Buffer.concat([front, deflate(hidden), rest]);
  const told = trailerOf === 'index' ? byIndex : byGzip;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(told), 0);
  trailer.writeUInt32LE(told.length, 4);
  const file = Buffer.concat([
    Buffer.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255),
    index.encode(undefined),
    ...pieces.map(({ deflated }) => deflated),
    Buffer.of(1, 0, 0, 0xff, 0xff),
    trailer,
  ]);
  return { file, byGzip };
}

test('an index that shows other content than gzip sees is ignored, or the file is refused', async (t) => {
  await using folder = await makeFolder();
  const { file, byGzip } = withHiddenPiece('gzip');
  t.deepEqual(gunzipSync(file), byGzip);
  await writeFile(folder.at('ignored.raw.gz'), file);
  t.is((await runBounded(['convert', 'ignored.raw.gz', 'new.raw'], { cwd: folder.path })).status, 0);
  t.deepEqual((await readFile(folder.at('new.raw'))).subarray(0, byGzip.length), byGzip);

  await writeFile(folder.at('refused.raw.gz'), withHiddenPiece('index').file);
  const { status, stderr } = await runBounded(['convert', 'refused.raw.gz', 'other.raw'], {
    cwd: folder.path,
  });
  t.is(status, 1);
  t.regex(stderr, /refused\.raw\.gz: .*is not what the index in the gzip header says.*\[GZIP_CORRUPT\]/);
  t.deepEqual((await readdir(folder.path)).sort(), ['ignored.raw.gz', 'new.raw', 'refused.raw.gz']);
});

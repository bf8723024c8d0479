import { createRequire } from 'node:module';
import { ForgeError } from '../errors.js';
import { addon } from '../native/addon.js';

// Loaded when the first .gz is looked at: most commands never do.
const loadZlibSync = () => createRequire(import.meta.filename)('zlib-sync') as typeof import('zlib-sync');

// 32 KiB window and the gzip wrapper.
const gzipWindowBits = 31;
// So little input a step bounds what one step can inflate to about 4 MiB (deflate gives at most 1032 to 1).
const stepBytes = 4096;

export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * Inflates just enough of the head of a gzip file to give `wantedBytes(inflatedSoFar)` bytes, which is asked
 * again as more is known. Fewer come out where `compressed` ends before, or the content does.
 *
 * @param isWholeFile whether nothing follows `compressed`: then it must not end within a gzip member
 * @throws ForgeError GZIP_BAD_HEADER, GZIP_CORRUPT, GZIP_CHECKSUM_MISMATCH or GZIP_TRUNCATED
 */
export function inflateHead(
  compressed: Uint8Array,
  wantedBytes: (inflated: Uint8Array) => number,
  isWholeFile = false,
): Buffer {
  checkFixedHeader(compressed);
  const zlibSync = loadZlibSync();
  const inflater = new zlibSync.Inflate({ windowBits: gzipWindowBits, chunkSize: 65536 });
  let inflated: Buffer = Buffer.alloc(0);
  for (let at = 0; at < compressed.length && inflated.length < wantedBytes(inflated); at += stepBytes) {
    inflater.push(Buffer.from(compressed.subarray(at, at + stepBytes)), zlibSync.Z_SYNC_FLUSH);
    if (inflater.result instanceof Buffer) inflated = Buffer.concat([inflated, inflater.result]);
    if (inflater.err < 0 && inflater.err !== zlibSync.Z_BUF_ERROR) {
      const reason = inflater.msg ?? `error ${inflater.err}`;
      throw new ForgeError('GZIP_CORRUPT', `invalid deflate data (${reason}); the file is damaged`);
    }
    if (inflater.err === zlibSync.Z_STREAM_END) {
      if (inflated.length >= wantedBytes(inflated)) return inflated;
      return inflateMembers(compressed, wantedBytes, isWholeFile);
    }
  }
  if (isWholeFile && inflated.length < wantedBytes(inflated)) {
    const place = `ends at byte ${compressed.length}, in the middle of a gzip member`;
    throw new ForgeError('GZIP_TRUNCATED', `${place}; the file was cut short`);
  }
  return inflated;
}

/**
 * The same over several members, of which the first holds too little to tell anything. It begins again with the
 * core's inflater, as zlib-sync does not say where a member has ended.
 */
function inflateMembers(
  compressed: Uint8Array,
  wantedBytes: (inflated: Uint8Array) => number,
  isWholeFile: boolean,
): Buffer {
  const inflater = new addon.GzipInflater();
  const output = new Uint8Array(65536);
  let inflated: Buffer = Buffer.alloc(0);
  for (let at = 0, isFull = false; at < compressed.length || isFull; ) {
    if (inflated.length >= wantedBytes(inflated)) return inflated;
    const step = inflater.inflate(compressed.subarray(at, at + stepBytes), output);
    inflated = Buffer.concat([inflated, output.subarray(0, step.producedBytes)]);
    at += step.consumedBytes;
    isFull = step.producedBytes === output.length;
  }
  if (isWholeFile) inflater.finish();
  return inflated;
}

/** RFC 1952 2.3.1: the one method is 8, which is deflate, and the upper three flags are reserved. */
function checkFixedHeader(head: Uint8Array): void {
  const [method = 8, flags = 0] = head.subarray(2, 4);
  if (method === 8 && flags < 0x20) return;
  throw new ForgeError(
    'GZIP_BAD_HEADER',
    `the gzip header has method ${method} and flags ${flags}; allowed are method 8 and flags up to 31; ` +
      'the file is damaged',
  );
}

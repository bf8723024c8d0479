import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ForgeError } from '../errors.js';
import type { ByteSource } from './byte-source.js';
import type { Block, BlockOptions } from './inflated-blocks.js';

// Large enough that handing over a piece costs nothing beside inflating it.
const pieceBytes = 1024 * 1024;

/**
 * The content of a gzip source as blocks, all full but the last, by Node's own gunzip: nothing of what reads the file is
 * ours, neither for its headers nor for its checksums.
 *
 * @throws ForgeError GZIP_* or IO_*, or the signal's reason. Bytes behind the last member that are neither a member nor
 * zeros are an error.
 */
export async function* gunzippedBlocks(
  source: ByteSource,
  { takeBuffer, signal, onConsumed }: Pick<BlockOptions, 'takeBuffer' | 'signal' | 'onConsumed'>,
): AsyncGenerator<Block> {
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  // A failure of either ends both, and comes out below.
  pipeline(Readable.from(copies(source, onConsumed), { highWaterMark: 1 }), gunzip, () => {});
  let bytes = takeBuffer();
  let filled = 0;
  try {
    for await (const piece of gunzip as AsyncIterable<Uint8Array>) {
      for (let at = 0; at < piece.length; ) {
        signal?.throwIfAborted();
        const count = Math.min(piece.length - at, bytes.length - filled);
        bytes.set(piece.subarray(at, at + count), filled);
        at += count;
        filled += count;
        if (filled < bytes.length) continue;
        yield { bytes, lengthBytes: filled };
        bytes = takeBuffer();
        filled = 0;
      }
    }
  } catch (thrown) {
    throw gzipErrorOf(thrown, source.label) ?? thrown;
  } finally {
    gunzip.destroy();
  }
  yield { bytes, lengthBytes: filled };
}

/** A source may fill a buffer again as soon as it is asked for the next one, while a stream still holds the last. */
async function* copies(
  source: ByteSource,
  onConsumed: BlockOptions['onConsumed'],
): AsyncGenerator<Uint8Array> {
  let consumedBytes = 0;
  for await (const chunk of source.chunks()) {
    yield Uint8Array.from(chunk);
    consumedBytes += chunk.length;
    onConsumed?.(consumedBytes);
  }
}

/** What zlib says, as the code that the same damage has elsewhere; undefined for what is none of zlib's errors. */
function gzipErrorOf(thrown: unknown, path: string): ForgeError | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (!/^Z_/.test(code ?? '')) return undefined;
  const failure = (name: ForgeError['code'], text: string) =>
    new ForgeError(name, text, { path, cause: thrown });
  if (code === 'Z_BUF_ERROR') {
    return failure('GZIP_TRUNCATED', 'ends in the middle of a gzip member; the file was cut short');
  }
  if (/^incorrect (data|length) check/.test(message)) {
    const what = 'CRC-32 or length in a gzip trailer differs from the data';
    return failure('GZIP_CHECKSUM_MISMATCH', `${what} (${message}); the file is damaged`);
  }
  // The first member was seen to be one when the source was probed.
  if (message === 'incorrect header check') {
    return failure(
      'GZIP_TRAILING_GARBAGE',
      'what follows the last gzip member is not gzip; the file is damaged',
    );
  }
  return failure('GZIP_CORRUPT', `invalid deflate data (${message}); the file is damaged`);
}

import { ForgeError, toForgeError } from '../errors.js';
import { addon } from '../native/addon.js';
import type { ByteSource } from './byte-source.js';
import type { Container } from './format.js';
import type { InflaterChoice } from './inflaters.js';

/** A buffer of which the first `lengthBytes` are filled. */
export interface Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lengthBytes: number;
}

export interface BlockOptions extends InflaterChoice {
  readonly container: Container;
  /** Gives an empty buffer for the next block; all of one size. */
  readonly takeBuffer: () => Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal | undefined;
  /** Told the bytes of the source that were used so far. */
  readonly onConsumed?: ((consumedBytes: number) => void) | undefined;
  /** Told once of bytes after the last gzip member that were ignored. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * The content of a source as blocks, all full but the last: inflated if it is gzip, with CRC-32 and length of
 * each member checked, else as it is.
 *
 * @throws ForgeError GZIP_* or IO_*, or the signal's reason
 */
export async function* contentBlocks(source: ByteSource, options: BlockOptions): AsyncGenerator<Block> {
  if (options.container === 'gz' && options.inflater === 'zlib') {
    const { gunzippedBlocks } = await import('./gunzipped-blocks.js');
    yield* gunzippedBlocks(source, options);
    return;
  }
  const expand = options.container === 'gz' ? inflateInto(source, options) : copyInto();
  let bytes = options.takeBuffer();
  let filled = 0;
  let consumedBytes = 0;
  for await (const chunk of source.chunks()) {
    for (let at = 0, isFull = true; at < chunk.length || isFull; ) {
      options.signal?.throwIfAborted();
      const step = expand.step(chunk.subarray(at), bytes.subarray(filled));
      at += step.consumedBytes;
      filled += step.producedBytes;
      isFull = filled === bytes.length;
      if (!isFull) continue;
      yield { bytes, lengthBytes: filled };
      bytes = options.takeBuffer();
      filled = 0;
    }
    consumedBytes += chunk.length;
    options.onConsumed?.(consumedBytes);
  }
  expand.finish();
  yield { bytes, lengthBytes: filled };
}

interface Expander {
  /** Works until the input is used up or the output is full. */
  step(input: Uint8Array, output: Uint8Array): { consumedBytes: number; producedBytes: number };
  finish(): void;
}

function copyInto(): Expander {
  return {
    step(input, output) {
      const count = Math.min(input.length, output.length);
      output.set(input.subarray(0, count));
      return { consumedBytes: count, producedBytes: count };
    },
    finish() {},
  };
}

function inflateInto(source: ByteSource, { inflater: name, onWarning }: BlockOptions): Expander {
  const located = <Result>(call: () => Result): Result => {
    try {
      return call();
    } catch (thrown) {
      throw toForgeError(thrown, source.label);
    }
  };
  const inflater = located(() => new addon.GzipInflater(name));
  return {
    step: (input, output) => located(() => inflater.inflate(input, output)),
    finish() {
      const garbageBytes = located(() => inflater.finish());
      if (garbageBytes === undefined) return;
      const warning = new ForgeError(
        'GZIP_TRAILING_GARBAGE',
        `the gzip data ends at byte ${garbageBytes}; what follows is not gzip and was ignored`,
        { path: source.label },
      );
      onWarning?.(warning.toLine());
    },
  };
}

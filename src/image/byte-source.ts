import { type FileHandle, open, stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { ForgeError, toForgeError } from '../errors.js';
import { probeBytes } from './probe.js';

// Large enough that one read costs nothing beside inflating it, small beside a segment.
const chunkBytes = 1024 * 1024;

/** Bytes that are read once, from their beginning: a file or a stream. */
export interface ByteSource extends AsyncDisposable {
  /** How messages name it. */
  readonly label: string;
  /** The first bytes: {@link probeBytes}, or all there are. */
  readonly head: Uint8Array;
  /** undefined for a stream */
  readonly lengthBytes: number | undefined;
  /** All bytes from the first on, the head included. To be called once. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Opens a regular file or block device. @throws ForgeError IO_* */
export async function openFileSource(path: string): Promise<ByteSource> {
  const handle = await openRegular(path);
  try {
    const head = await readUpTo(handle, probeBytes);
    const { size } = await handle.stat();
    return {
      label: path,
      head,
      lengthBytes: size,
      chunks: () => fileChunks(handle, path),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (thrown) {
    await handle.close();
    throw toForgeError(thrown, path);
  }
}

async function openRegular(path: string): Promise<FileHandle> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) throw new ForgeError('IO_NOT_A_FILE', 'is a directory; name a file', { path });
    // Opening a FIFO would wait for its other end, so it is refused before.
    if (!facts.isFile() && !facts.isBlockDevice()) {
      throw new ForgeError(
        'IO_NOT_A_FILE',
        'is neither a regular file nor a block device; use - to read a pipe',
        { path },
      );
    }
    return await open(path, 'r');
  } catch (thrown) {
    throw toForgeError(thrown, path);
  }
}

async function readUpTo(handle: FileHandle, wantedBytes: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(wantedBytes);
  let filled = 0;
  while (filled < wantedBytes) {
    const { bytesRead } = await handle.read(buffer, filled, wantedBytes - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function* fileChunks(handle: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  // The chunk is used up before the next one is asked for, so one buffer serves them all.
  const buffer = Buffer.alloc(chunkBytes);
  for (let at = 0; ; ) {
    let bytesRead: number;
    try {
      ({ bytesRead } = await handle.read(buffer, 0, chunkBytes, at));
    } catch (thrown) {
      throw toForgeError(thrown, path);
    }
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/**
 * Takes over a stream; `signal` ends it, even while it waits for bytes.
 *
 * @throws ForgeError IO_* when it breaks before its head has come, or is empty; or the signal's reason
 */
export async function openStreamSource(
  stream: Readable,
  label: string,
  signal?: AbortSignal,
): Promise<ByteSource> {
  if (signal !== undefined) addAbortSignal(signal, stream);
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const next = async () => {
    try {
      return await iterator.next();
    } catch (thrown) {
      signal?.throwIfAborted();
      throw toForgeError(thrown, label);
    }
  };
  const first: Uint8Array[] = [];
  let firstBytes = 0;
  while (firstBytes < probeBytes) {
    const { value, done } = await next();
    if (done === true) break;
    first.push(value);
    firstBytes += value.length;
  }
  if (firstBytes === 0) {
    throw new ForgeError('IO_EMPTY', 'is empty; look whether the program that should fill it has failed', {
      path: label,
    });
  }
  return {
    label,
    head: Buffer.concat(first).subarray(0, probeBytes),
    lengthBytes: undefined,
    async *chunks() {
      yield* first;
      for (let step = await next(); step.done !== true; step = await next()) yield step.value;
    },
    [Symbol.asyncDispose]: async () => {
      stream.destroy();
    },
  };
}

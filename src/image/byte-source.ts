import type { BigIntStats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { ForgeError, toForgeError } from '../errors.js';
import { addon } from '../native/addon.js';
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
  /**
   * Whether it is still what was opened. Of a stream, and of a device, nobody can tell.
   *
   * @throws ForgeError IO_SOURCE_CHANGED
   */
  assertUnchanged(): Promise<void>;
}

/** Opens a regular file or block device. @throws ForgeError IO_* */
export async function openFileSource(path: string): Promise<ByteSource> {
  const { handle, facts } = await openRegular(path);
  try {
    const head = await readUpTo(handle, probeBytes);
    const { size } = await handle.stat();
    return {
      label: path,
      head,
      lengthBytes: size,
      chunks: () => fileChunks(handle, path),
      assertUnchanged: () => assertSameFile(path, facts),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (thrown) {
    await handle.close();
    throw toForgeError(thrown, path);
  }
}

interface OpenedFile {
  readonly handle: FileHandle;
  readonly facts: BigIntStats;
}

async function openRegular(path: string): Promise<OpenedFile> {
  try {
    const facts = await stat(path, { bigint: true });
    if (facts.isDirectory()) throw new ForgeError('IO_NOT_A_FILE', 'is a directory; name a file', { path });
    // Opening a FIFO would wait for its other end, so it is refused before.
    if (!facts.isFile() && !facts.isBlockDevice()) {
      throw new ForgeError(
        'IO_NOT_A_FILE',
        'is neither a regular file nor a block device; use - to read a pipe',
        { path },
      );
    }
    return { handle: await open(path, 'r'), facts };
  } catch (thrown) {
    throw toForgeError(thrown, path);
  }
}

/**
 * Notes what a file is now.
 *
 * @returns a call that throws IO_SOURCE_CHANGED where it is not that any more
 */
export async function watchFile(path: string): Promise<() => Promise<void>> {
  const facts = await stat(path, { bigint: true });
  return () => assertSameFile(path, facts);
}

async function assertSameFile(path: string, before: BigIntStats): Promise<void> {
  if (!before.isFile()) return;
  const now = await stat(path, { bigint: true }).catch(() => undefined);
  const isSame = now !== undefined && now.dev === before.dev && now.ino === before.ino;
  if (isSame && now.size === before.size && now.mtimeNs === before.mtimeNs) return;
  throw new ForgeError(
    'IO_SOURCE_CHANGED',
    `was ${isSame ? 'written to' : 'replaced or removed'} while it was read; ` +
      'stop what uses it, or read a copy or snapshot of it',
    { path },
  );
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
  // A chunk is used up before the next one is asked for, so two buffers serve them all: one is used, one is filled.
  const buffers = [addon.alignedBytes(chunkBytes), addon.alignedBytes(chunkBytes)] as const;
  const readInto = (buffer: Uint8Array, at: number) => {
    const reading = handle.read(buffer, 0, chunkBytes, at);
    // Its failure is taken up in its turn; until then it must not count as unhandled.
    reading.catch(() => {});
    return reading;
  };
  let reading = readInto(buffers[0], 0);
  try {
    for (let at = 0, turn = 1; ; turn += 1) {
      const { bytesRead, buffer } = await reading;
      if (bytesRead === 0) return;
      at += bytesRead;
      reading = readInto(buffers[turn % 2 === 0 ? 0 : 1], at);
      yield buffer.subarray(0, bytesRead);
    }
  } catch (thrown) {
    throw toForgeError(thrown, path);
  } finally {
    await reading.catch(() => {});
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
    assertUnchanged: async () => {},
    [Symbol.asyncDispose]: async () => {
      stream.destroy();
    },
  };
}

import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { toForgeError } from '../../errors.js';

/** Where the bytes of a file in the making end, one after the other. */
export interface ByteTarget {
  /** Whether what was written can be written again: true for files. */
  readonly canPatch: boolean;
  /** Bytes written so far. */
  readonly lengthBytes: number;
  /** Appends. The bytes may be used again when the promise is fulfilled. */
  write(bytes: Uint8Array): Promise<void>;
  /** Appends zeros: in a file by leaving a hole. */
  skip(lengthBytes: number): Promise<void>;
  /** Overwrites what stands at an offset. */
  patch(offsetBytes: number, bytes: Uint8Array): Promise<void>;
}

export class FileByteTarget implements ByteTarget {
  readonly canPatch = true;
  readonly #handle: FileHandle;
  readonly #path: string;
  #lengthBytes = 0;

  /** @param path how messages name the file */
  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.patch(this.#lengthBytes, bytes);
    this.#lengthBytes += bytes.length;
  }

  async skip(lengthBytes: number): Promise<void> {
    this.#lengthBytes += lengthBytes;
    try {
      await this.#handle.truncate(this.#lengthBytes);
    } catch (thrown) {
      throw toForgeError(thrown, this.#path);
    }
  }

  /** Appends room that somebody else fills. Returns the offset at which it begins. */
  claim(lengthBytes: number): number {
    const offsetBytes = this.#lengthBytes;
    this.#lengthBytes += lengthBytes;
    return offsetBytes;
  }

  async patch(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(
          bytes,
          done,
          bytes.length - done,
          offsetBytes + done,
        );
        done += bytesWritten;
      }
    } catch (thrown) {
      throw toForgeError(thrown, this.#path);
    }
  }
}

const zeros = new Uint8Array(65536);

/** A pipe or any other stream: bytes leave for good. */
export class StreamByteTarget implements ByteTarget {
  readonly canPatch = false;
  readonly #stream: Writable;
  readonly #label: string;
  readonly #signal: AbortSignal | undefined;
  #lengthBytes = 0;

  /** @param signal ends the wait for a reader that does not read */
  constructor(stream: Writable, label: string, signal?: AbortSignal) {
    this.#stream = stream;
    this.#label = label;
    this.#signal = signal;
  }

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.#lengthBytes += bytes.length;
    return new Promise((resolve, reject) => {
      const stop = () => reject(this.#signal?.reason);
      this.#signal?.addEventListener('abort', stop, { once: true });
      // The callback also is the back-pressure: it comes when the bytes are gone, or never will be.
      this.#stream.write(bytes, (thrown) => {
        this.#signal?.removeEventListener('abort', stop);
        if (thrown === null || thrown === undefined) resolve();
        else reject(toForgeError(thrown, this.#label));
      });
    });
  }

  async skip(lengthBytes: number): Promise<void> {
    for (let left = lengthBytes; left > 0; left -= zeros.length) {
      await this.write(zeros.subarray(0, Math.min(left, zeros.length)));
    }
  }

  patch(): Promise<void> {
    throw new Error('a stream cannot be patched');
  }
}

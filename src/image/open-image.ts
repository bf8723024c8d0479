import type { Extent, Qcow2Facts, RawFacts } from '../native/boundary.js';
import { WorkerPool } from '../workers/worker-pool.js';
import type { Container, FormatName, ImageFormat } from './format.js';
import { wholeSectors } from './format.js';
import type { InflaterChoice } from './inflaters.js';
import { openReadable, type ReadableImage, type StateOptions } from './readable-image.js';

/** How far a `.gz` that cannot be read at any offset is inflated: bytes of the file. */
export interface OpenProgress {
  readonly phase: 'inflating';
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
}

export interface OpenImageOptions extends StateOptions, InflaterChoice {
  /** Format of the file; found out from its content by default. */
  readonly format?: FormatName | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: OpenProgress) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** An open image: its guest bytes at any offset. Use it with `await using`, or close it. */
export interface Image extends AsyncDisposable {
  readonly path: string;
  readonly format: ImageFormat;
  readonly container: Container;
  /** Size of the virtual disk in bytes, in whole sectors of 512. */
  readonly virtualSizeBytes: number;
  /** What the header says. */
  readonly facts: RawFacts | Qcow2Facts;
  /** All extents from an offset on, in guest order and without gaps; two in a row can be of one kind. */
  extents(startBytes?: number, lengthBytes?: number): Iterable<Extent>;
  /**
   * Guest bytes; fewer than asked for where the disk ends before.
   *
   * @throws ForgeError QCOW2_* or IO_*
   */
  read(startBytes: number, lengthBytes: number): Uint8Array;
  close(): Promise<void>;
}

/**
 * Opens an image to read its guest bytes. A `.gz` is first inflated into a temporary file, because gzip cannot be
 * read at an offset.
 *
 * @throws ForgeError where the image cannot be opened or must not be read, or the signal's reason
 *
 * @example
 * await using image = await openImage('disk.qcow2');
 * const bootSector = image.read(0, 512);
 */
export async function openImage(path: string, options: OpenImageOptions = {}): Promise<Image> {
  await using pool = new WorkerPool(undefined, { signal: options.signal });
  const onSpill = (doneBytes: number, totalBytes: number | undefined) =>
    options.onProgress?.({ phase: 'inflating', doneBytes, totalBytes });
  const image = await openReadable(path, { ...options, pool, onSpill });
  return asImage(path, image);
}

function asImage(path: string, image: ReadableImage): Image {
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= image[Symbol.asyncDispose]();
    return closing;
  };
  return {
    path,
    format: image.format,
    container: image.container,
    virtualSizeBytes: wholeSectors(image.sizeBytes),
    facts: image.facts,
    extents: (startBytes, lengthBytes) => image.extents(startBytes, lengthBytes),
    read(startBytes, lengthBytes) {
      const endBytes = Math.min(startBytes + lengthBytes, image.sizeBytes);
      const bytes = new Uint8Array(Math.max(0, endBytes - startBytes));
      if (bytes.length > 0) image.read(startBytes, bytes);
      return bytes;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

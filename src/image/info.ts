import { stat } from 'node:fs/promises';
import { toForgeError } from '../errors.js';
import { addon } from '../native/addon.js';
import type { NativeImage, Qcow2Facts, RawFacts, Refusal } from '../native/boundary.js';
import { type ByteSource, openFileSource } from './byte-source.js';
import type { Container, FormatName, ImageFormat } from './format.js';
import { wholeSectors } from './format.js';
import { inflateQcow2Head, probe } from './probe.js';

/** What is known of an image file without reading its guest bytes. */
export interface ImageInfo {
  readonly filename: string;
  readonly format: ImageFormat;
  readonly container: Container;
  /**
   * Size of the virtual disk, in whole sectors of 512 bytes. Undefined for a raw.gz that was not measured: gzip
   * does not record it.
   */
  readonly virtualSizeBytes: number | undefined;
  readonly fileLengthBytes: number;
  /** Bytes the file takes on its disk; less than its length where it has holes. */
  readonly allocatedBytes: number;
  /** What the header of a qcow2 says. */
  readonly qcow2?: Qcow2Facts | undefined;
  /** Why the guest bytes cannot or must not be read. */
  readonly refusal?: Refusal | undefined;
}

export interface InfoOptions {
  readonly format?: FormatName | undefined;
  /** Inflate all of a raw.gz to learn its size, however long that takes. */
  readonly measure?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const measureBufferBytes = 1024 * 1024;

// Inflating so little compressed data takes well under a second, so it is done unasked.
const quickMeasureBytes = 1024 * 1024;

/**
 * Describes an image file. Of a `.gz` only as much is inflated as is needed. No other file that the image names is
 * opened, and an image that cannot be converted is described nevertheless, with the reason.
 *
 * @throws ForgeError IO_*, FORMAT_*, GZIP_*, QCOW2_BAD_HEADER, QCOW2_TRUNCATED
 */
export async function readImageInfo(path: string, options: InfoOptions = {}): Promise<ImageInfo> {
  await using source = await openFileSource(path);
  try {
    const { format, container } = probe(source.head, path, options.format);
    const { size, blocks } = await stat(path);
    const file = { filename: path, format, container, fileLengthBytes: size, allocatedBytes: blocks * 512 };
    if (format === 'raw') {
      // A block device has no length but that of its content.
      const sizeBytes =
        container === 'plain' ? factsOf(path, 'raw').sizeBytes : await measureIfAllowed(source, options);
      return { ...file, virtualSizeBytes: sizeBytes === undefined ? undefined : wholeSectors(sizeBytes) };
    }
    const qcow2 = container === 'plain' ? (factsOf(path, 'qcow2') as Qcow2Facts) : await describeGzip(source);
    return { ...file, virtualSizeBytes: qcow2.sizeBytes, qcow2, refusal: qcow2.refusal };
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw toForgeError(thrown, path);
  }
}

function factsOf(path: string, format: ImageFormat): RawFacts | Qcow2Facts {
  const image: NativeImage = addon.openImage(path, format);
  try {
    return image.info();
  } finally {
    image.close();
  }
}

async function describeGzip(source: ByteSource): Promise<Qcow2Facts> {
  let compressed: Buffer = Buffer.alloc(0);
  let inflated: Buffer = Buffer.alloc(0);
  // One chunk is enough, unless the first cluster is of megabytes that hardly compress.
  for await (const chunk of source.chunks()) {
    compressed = Buffer.concat([compressed, chunk]);
    inflated = inflateQcow2Head(compressed);
    if (inflated.length >= addon.firstClusterBytes(inflated)) break;
  }
  return addon.describeQcow2(inflated.subarray(0, addon.firstClusterBytes(inflated)));
}

async function measureIfAllowed(source: ByteSource, options: InfoOptions): Promise<number | undefined> {
  // What most calls do not need is loaded here. Of our own files the index tells the size.
  const { gzipPiecesOf } = await import('./gzip-pieces.js');
  const last = gzipPiecesOf(source.label)?.at(-1);
  if (last !== undefined && options.measure !== true) return last.startBytes + last.lengthBytes;
  const isQuick = source.lengthBytes !== undefined && source.lengthBytes <= quickMeasureBytes;
  if (options.measure !== true && !isQuick) return undefined;
  const { contentBlocks } = await import('./inflated-blocks.js');
  const buffer = new Uint8Array(measureBufferBytes);
  let sizeBytes = 0;
  const blocks = contentBlocks(source, { container: 'gz', takeBuffer: () => buffer, signal: options.signal });
  for await (const block of blocks) sizeBytes += block.lengthBytes;
  return sizeBytes;
}

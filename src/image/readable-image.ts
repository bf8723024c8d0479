import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { ForgeError, toForgeError } from '../errors.js';
import { addon } from '../native/addon.js';
import type {
  Extent,
  GzipPiece,
  NativeImage,
  NativeQcow2Placer,
  Qcow2Facts,
  RawFacts,
  ReadOptions,
  Refusal,
} from '../native/boundary.js';
import type { ImageRef } from '../workers/jobs.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import { type ByteSource, openFileSource, openStreamSource, watchFile } from './byte-source.js';
import { withinStored } from './extents.js';
import { type AllowExternal, externalFilesOf, externalFolderOf } from './external-files.js';
import type { Container, FormatInContainer, FormatName, ImageFormat } from './format.js';
import { gzipPiecesOf, provePieces, unreadPieces } from './gzip-pieces.js';
import type { InflaterChoice } from './inflaters.js';
import { type Padding, paddedSize } from './padding.js';
import { probe } from './probe.js';
import { createSpillFile, spillFolder, spillInto } from './spill.js';

// One page of extents costs about a millisecond.
const extentsPerPage = 1024;

/** An image that can be read at any offset, by this thread and by workers through `ref`. */
export class ReadableImage implements AsyncDisposable {
  readonly format: ImageFormat;
  readonly container: Container;
  /** Length of the virtual disk; for raw not always whole sectors. */
  readonly sizeBytes: number;
  readonly facts: RawFacts | Qcow2Facts;
  /** The plain file in which the image stands: the file itself or its spill. */
  readonly ref: ImageRef;
  readonly #native: NativeImage;
  readonly #storedBytes: number;
  readonly #spill: AsyncDisposable | undefined;

  private constructor(ref: ImageRef, container: Container, native: NativeImage, spill?: AsyncDisposable) {
    this.ref = ref;
    this.format = ref.format;
    this.container = container;
    this.#native = native;
    this.#spill = spill;
    const { storedBytes, ...facts } = native.info();
    this.facts = facts;
    this.sizeBytes = facts.sizeBytes;
    this.#storedBytes = storedBytes;
  }

  /**
   * Opens a plain file; takes over `spill`.
   *
   * @throws ForgeError where the file cannot be opened, its header is bad, its guest bytes must not be read, or the
   * padding would cut it
   */
  static open(
    plain: ImageRef,
    container: Container,
    { padding, spill }: { padding?: Padding | undefined; spill?: AsyncDisposable } = {},
  ): ReadableImage {
    try {
      const ref = padding === undefined ? plain : padded(plain, padding);
      const native = addon.openImage(ref.path, ref.format, ref);
      const image = new ReadableImage(ref, container, native, spill);
      if (image.facts.format === 'qcow2' && image.facts.refusal !== undefined) {
        native.close();
        throw refusalOf(image.facts, image.facts.refusal, spill !== undefined || ref.inGzip === true);
      }
      return image;
    } catch (thrown) {
      throw labelled(thrown, plain);
    }
  }

  /** The extents of a range, in order and without gaps. */
  *extents(startBytes = 0, lengthBytes = this.sizeBytes - startBytes): Generator<Extent> {
    try {
      yield* withinStored(this.#allExtents(startBytes, startBytes + lengthBytes), this.#storedBytes);
    } catch (thrown) {
      throw labelled(thrown, this.ref);
    }
  }

  *#allExtents(startBytes: number, endBytes: number): Generator<Extent> {
    for (let at = startBytes; at < endBytes; ) {
      const page = this.#native.extents(at, endBytes - at, extentsPerPage);
      yield* page;
      const last = page[page.length - 1];
      if (last === undefined) return;
      at = last.startBytes + last.lengthBytes;
    }
  }

  read(startBytes: number, target: Uint8Array): void {
    try {
      this.#native.read(startBytes, target);
    } catch (thrown) {
      throw labelled(thrown, this.ref);
    }
  }

  /** Whether the tables agree with what a placer has told of the image. @throws ForgeError QCOW2_CORRUPT */
  async checkPlacement(placer: NativeQcow2Placer, signal?: AbortSignal): Promise<void> {
    const step = () => {
      try {
        return placer.checkStep(this.ref.path);
      } catch (thrown) {
        throw labelled(thrown, this.ref);
      }
    };
    while (!step()) {
      await setImmediate();
      signal?.throwIfAborted();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#native.close();
    await this.#spill?.[Symbol.asyncDispose]();
  }
}

/** The image as a disk that is longer. */
function padded(ref: ImageRef, padding: Padding): ImageRef {
  const native = addon.openImage(ref.path, ref.format, ref);
  try {
    return { ...ref, paddedSizeBytes: paddedSize(native.info().sizeBytes, padding) };
  } finally {
    native.close();
  }
}

function refusalOf({ backingFile, dataFile }: Qcow2Facts, refusal: Refusal, isWithin: boolean): ForgeError {
  if (!isWithin || refusal.code !== 'QCOW2_EXTERNAL_FILE') {
    return new ForgeError(refusal.code, refusal.message);
  }
  const named =
    dataFile === undefined
      ? `names a backing file ('${backingFile}')`
      : `keeps its data in an external file ('${dataFile}')`;
  return new ForgeError(
    refusal.code,
    `${named}, which is not read for an image within gzip or from a stream, as that is in no folder; ` +
      "make it a file of its own and use --allow-external, or merge it with 'qemu-img convert -O qcow2' first",
  );
}

/** A failure of an image under the name that users know: its file may have a temporary one. */
function labelled(thrown: unknown, { path, label = path }: ImageRef): ForgeError {
  const { code, message, path: at = path } = toForgeError(thrown);
  return new ForgeError(code, message, { path: at === path ? label : at, cause: thrown });
}

/** Which state of an image is read, and what is put up with. */
export interface StateOptions extends Omit<ReadOptions, 'externalFolder' | 'inGzip' | 'paddedSizeBytes'> {
  readonly allowExternal?: AllowExternal | undefined;
}

export interface OpenOptions extends StateOptions, InflaterChoice {
  readonly format?: FormatName | undefined;
  readonly pool: WorkerPool;
  /** Read it as a longer disk. */
  readonly padding?: Padding | undefined;
  /** Where a spill goes, if one is needed; a place for temporary files by default. */
  readonly spillFolder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes of a source that has to be spilled were used so far. */
  readonly onSpill?: ((consumedBytes: number, totalBytes: number | undefined) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
  /** How the content gets into a spill: all of it, unless told. */
  readonly fillSpill?: typeof spillInto | undefined;
}

/** A source whose kind is known, before anything of it is read but its head. */
export interface ProbedSource extends FormatInContainer, AsyncDisposable {
  readonly source: ByteSource;
  /** The path of a file; undefined for a stream. */
  readonly path: string | undefined;
  /** The pieces of a gzip file that can be read at any offset, as omiforge writes them. */
  readonly pieces: readonly GzipPiece[] | undefined;
  /** Backing and data files that are read as well. */
  readonly externalFiles: readonly string[];
  /**
   * Whether all files are still what they were, as far as can be told.
   *
   * @throws ForgeError IO_SOURCE_CHANGED
   */
  assertUnchanged(): Promise<void>;
}

/** Opens a path or takes over a stream, and finds out what it is. */
export async function probeSource(
  from: string | Readable,
  options: StateOptions & Pick<OpenOptions, 'format' | 'inflater' | 'signal'>,
): Promise<ProbedSource> {
  const { format, inflater, snapshot, signal } = options;
  const isPath = typeof from === 'string';
  const source = isPath ? await openFileSource(from) : await openStreamSource(from, 'standard input', signal);
  try {
    const found = probe(source.head, isPath ? from : '', format);
    if (snapshot !== undefined && found.format === 'raw') {
      throw new ForgeError('ARGUMENT_INVALID', 'is raw, which has no snapshots; leave the snapshot out');
    }
    const path = isPath ? from : undefined;
    const ref = path === undefined ? undefined : refOf(path, found, options);
    const usesIndex = isPath && found.container === 'gz' && inflater === undefined;
    const pieces = usesIndex ? gzipPiecesOf(from) : undefined;
    const externalFiles = ref === undefined ? [] : externalFilesOf(ref);
    const watches = await Promise.all(externalFiles.map(watchFile));
    return {
      ...found,
      source,
      path,
      pieces,
      externalFiles,
      assertUnchanged: async () => {
        await source.assertUnchanged();
        for (const assertUnchanged of watches) await assertUnchanged();
      },
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    };
  } catch (thrown) {
    await source[Symbol.asyncDispose]();
    throw toForgeError(thrown, source.label);
  }
}

/** How workers open a plain file; undefined for what is within gzip. */
function refOf(
  path: string,
  { format, container }: FormatInContainer,
  { snapshot, allowCorrupt, allowExternal }: StateOptions,
): ImageRef | undefined {
  if (container !== 'plain') return undefined;
  return { path, format, snapshot, allowCorrupt, externalFolder: externalFolderOf(path, allowExternal) };
}

/**
 * An image in a gzip file that has an index. What nobody will read of it is proved at once: then a damage is found
 * wherever it is, as it is when a gzip file is read from its beginning to its end.
 */
async function openIndexed(
  path: string,
  pieces: readonly GzipPiece[],
  { format, container }: FormatInContainer,
  { snapshot, allowCorrupt, padding, pool, signal }: OpenOptions,
): Promise<ReadableImage> {
  const ref = { path, format, snapshot, allowCorrupt, inGzip: true };
  const image = ReadableImage.open({ ...ref, label: path }, container, { padding });
  try {
    await provePieces(path, unreadPieces(pieces, image.extents()), pool, signal);
    return image;
  } catch (thrown) {
    await image[Symbol.asyncDispose]();
    throw thrown;
  }
}

/** Makes a probed source readable at any offset: what is not a plain file, nor has an index, is spilled to one. */
export async function makeReadable(probed: ProbedSource, options: OpenOptions): Promise<ReadableImage> {
  const { source, format, container, path } = probed;
  const plain = path === undefined ? undefined : refOf(path, probed, options);
  const { padding } = options;
  if (plain !== undefined)
    return ReadableImage.open({ ...plain, label: source.label }, container, { padding });
  if (path !== undefined && probed.pieces !== undefined) {
    return await openIndexed(path, probed.pieces, probed, options);
  }
  const { snapshot, allowCorrupt, fillSpill = spillInto } = options;
  const spill = await createSpillFile(options.spillFolder ?? (await spillFolder()), source.label);
  try {
    await fillSpill(spill.path, source, {
      container,
      inflater: options.inflater,
      pool: options.pool,
      signal: options.signal,
      onConsumed: (consumedBytes) => options.onSpill?.(consumedBytes, source.lengthBytes),
      onWarning: options.onWarning,
    });
    const ref = { path: spill.path, format, label: source.label, snapshot, allowCorrupt };
    return ReadableImage.open(ref, container, { padding, spill });
  } catch (thrown) {
    await spill[Symbol.asyncDispose]();
    throw spill.translate(thrown);
  }
}

/** {@link probeSource} and {@link makeReadable} in one. */
export async function openReadable(from: string | Readable, options: OpenOptions): Promise<ReadableImage> {
  await using probed = await probeSource(from, options);
  return await makeReadable(probed, options);
}

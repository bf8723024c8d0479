import { constants } from 'node:fs';
import { access, truncate, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { ForgeError, toForgeError } from '../errors.js';
import { temporaryFileEnds } from '../files/present-files.js';
import { createTemporaryFile, type TemporaryFile } from '../files/temporary-files.js';
import { segmentBytes } from '../workers/jobs.js';
import { runInOrder } from '../workers/run-in-order.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { ByteSource } from './byte-source.js';
import type { Container } from './format.js';
import { type Block, contentBlocks } from './inflated-blocks.js';
import type { InflaterChoice } from './inflaters.js';

export interface SpillOptions extends InflaterChoice {
  readonly container: Container;
  readonly pool: WorkerPool;
  readonly signal?: AbortSignal | undefined;
  readonly onConsumed?: ((consumedBytes: number) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Writes the content of a source that can only be read forwards into an existing empty file, leaving out what is
 * zero, so that it can be read at any offset. Inflating here and writing in the workers go on side by side.
 *
 * @returns the length of the content
 */
export async function spillInto(path: string, source: ByteSource, options: SpillOptions): Promise<number> {
  return await writeContent(path, source, options, (block, offsetBytes) =>
    options.pool.run({ kind: 'place', targetPath: path, offsetBytes, ...block }, [block.bytes.buffer]),
  );
}

/**
 * Has the blocks of a source's content written by the workers; the file at `path` then gets the length of the content.
 *
 * @param write is called with the blocks in their order, and gives back the buffer of each
 * @returns the length of the content
 */
export async function writeContent(
  path: string,
  source: ByteSource,
  options: SpillOptions,
  write: (block: Block, offsetBytes: number) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<number> {
  const { pool, signal } = options;
  const idle: Uint8Array<ArrayBuffer>[] = [];
  const takeBuffer = () => idle.pop() ?? new Uint8Array(segmentBytes);
  let lengthBytes = 0;
  try {
    await runInOrder(contentBlocks(source, { ...options, takeBuffer }), {
      limit: pool.threads + 1,
      signal,
      start: (block) => {
        const offsetBytes = lengthBytes;
        lengthBytes += block.lengthBytes;
        return write(block, offsetBytes);
      },
      accept: async (buffer) => {
        idle.push(buffer);
        return 'go on';
      },
    });
    await truncate(path, lengthBytes);
  } catch (thrown) {
    signal?.throwIfAborted();
    throw toForgeError(thrown, path);
  }
  return lengthBytes;
}

export interface SpillFile extends AsyncDisposable {
  readonly path: string;
  /** What was thrown; a failure of the file itself said of its folder, as nobody knows the file. */
  translate(thrown: unknown): unknown;
}

/**
 * A new empty file for a spill, which nobody else can read; removed on disposal.
 *
 * @param label how messages name the source
 */
export async function createSpillFile(folder: string, label: string): Promise<SpillFile> {
  const saidOfFolder = (thrown: unknown) => {
    const error = toForgeError(thrown);
    const message = `the temporary file here for the content of ${label}: ${error.message}`;
    return new ForgeError(error.code, message, { path: folder, cause: error });
  };
  let file: TemporaryFile;
  try {
    file = await createTemporaryFile(folder, 'spill', 0o600);
  } catch (thrown) {
    throw saidOfFolder(thrown);
  }
  const { path, handle } = file;
  return {
    path,
    translate: (thrown) => (toForgeError(thrown).path === path ? saidOfFolder(thrown) : thrown),
    [Symbol.asyncDispose]: async () => {
      try {
        await unlink(path);
        temporaryFileEnds(path);
      } finally {
        await handle.close();
      }
    },
  };
}

/** Where a spill goes that has no target beside which it could stand: a place that is meant for large files. */
export async function spillFolder(): Promise<string> {
  const { TMPDIR } = process.env;
  if (TMPDIR !== undefined && TMPDIR !== '') return TMPDIR;
  // /tmp is often held in memory; /var/tmp is not.
  return access('/var/tmp', constants.W_OK).then(
    () => '/var/tmp',
    () => tmpdir(),
  );
}

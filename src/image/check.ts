import { setImmediate } from 'node:timers/promises';
import { ForgeError, toForgeError } from '../errors.js';
import { addon } from '../native/addon.js';
import type { CheckCounts } from '../native/boundary.js';
import { segmentBytes } from '../workers/jobs.js';
import { WorkerPool } from '../workers/worker-pool.js';
import type { ByteSource } from './byte-source.js';
import type { Container, FormatName, ImageFormat } from './format.js';
import { contentBlocks } from './inflated-blocks.js';
import { type ProbedSource, probeSource } from './readable-image.js';
import { createSpillFile, spillFolder, spillInto } from './spill.js';

export interface CheckProgress {
  readonly phase: 'inflating' | 'checking';
  /** Of the compressed file, or of the image's tables. */
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
}

export interface CheckOptions {
  /** Format of the file; found out from its content by default. */
  readonly format?: FormatName | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CheckProgress) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

export interface CheckResult {
  readonly filename: string;
  readonly format: ImageFormat;
  readonly container: Container;
  /** Of a qcow2. A raw.gz has none: it was inflated to its end, and its checksums are right. */
  readonly counts?: CheckCounts | undefined;
}

/**
 * Checks an image without changing it. Of a qcow2, all that refers to its clusters is counted and compared with the
 * refcounts, as `qemu-img check` does; what was found is in the result, not thrown. A `.gz` is inflated to its end, so
 * that its checksums are checked too. No other file that the image names is opened.
 *
 * @throws ForgeError FORMAT_UNSUPPORTED for raw, which has nothing to check; GZIP_* for a damaged .gz; IO_* and QCOW2_*
 * where the image could not be checked; or the signal's reason
 */
export async function checkImage(path: string, options: CheckOptions = {}): Promise<CheckResult> {
  await using probed = await probeSource(path, options);
  const { format, container, source } = probed;
  const result = { filename: path, format, container };
  try {
    if (format === 'qcow2') {
      const counts = await (container === 'gz' ? checkInflated(probed, options) : checkFile(path, options));
      return { ...result, counts };
    }
    if (container === 'plain') {
      throw new ForgeError(
        'FORMAT_UNSUPPORTED',
        "raw has nothing to check: any bytes are a valid raw disk; use 'omiforge compare' with another copy",
      );
    }
    await inflateAll(source, options);
    return result;
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw toForgeError(thrown, path);
  }
}

async function checkInflated({ source }: ProbedSource, options: CheckOptions): Promise<CheckCounts> {
  const { signal, onWarning } = options;
  await using spill = await createSpillFile(await spillFolder(), source.label);
  try {
    await using pool = new WorkerPool(undefined, { signal });
    await spillInto(spill.path, source, {
      container: 'gz',
      pool,
      signal,
      onConsumed: inflatingProgress(source, options),
      onWarning,
    });
    return await checkFile(spill.path, options);
  } catch (thrown) {
    const { code, message, path } = toForgeError(thrown);
    // Of the qcow2 within, not of the temporary file that holds it.
    if (code.startsWith('QCOW2_')) throw new ForgeError(code, message, { path: source.label, cause: thrown });
    throw path === spill.path ? spill.translate(thrown) : thrown;
  }
}

async function inflateAll(source: ByteSource, options: CheckOptions): Promise<void> {
  const buffer = addon.alignedBytes(segmentBytes);
  const blocks = contentBlocks(source, {
    container: 'gz',
    takeBuffer: () => buffer,
    signal: options.signal,
    onConsumed: inflatingProgress(source, options),
    onWarning: options.onWarning,
  });
  for await (const _ of blocks);
}

function inflatingProgress({ lengthBytes: totalBytes }: ByteSource, { onProgress }: CheckOptions) {
  return (doneBytes: number) => onProgress?.({ phase: 'inflating', doneBytes, totalBytes });
}

/** The steps are short, and between them others have their turn: progress, and signals. */
async function checkFile(path: string, { signal, onProgress }: CheckOptions): Promise<CheckCounts> {
  signal?.throwIfAborted();
  const checker = new addon.Qcow2Checker(path);
  try {
    for (;;) {
      const { isDone, doneBytes, totalBytes } = checker.step();
      onProgress?.({ phase: 'checking', doneBytes, totalBytes });
      if (isDone) return checker.report();
      await setImmediate();
      signal?.throwIfAborted();
    }
  } finally {
    checker.close();
  }
}

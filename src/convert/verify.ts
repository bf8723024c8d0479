import { ForgeError } from '../errors.js';
import type { TargetFile } from '../files/target-file.js';
import { compareReadable } from '../image/compare.js';
import { type FormatInContainer, joinFormat } from '../image/format.js';
import { openReadable, type ReadableImage } from '../image/readable-image.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { Copied } from './copy-segments.js';
import type { ConvertOptions } from './options.js';

interface VerifyContext {
  readonly pool: WorkerPool;
  readonly options: ConvertOptions;
  readonly copied: Copied;
}

/**
 * Opens what was written as any image is opened, and compares it with the source.
 *
 * @throws ForgeError VERIFY_MISMATCH, or whatever reading it fails with
 */
export async function verifyFile(
  file: TargetFile,
  target: FormatInContainer,
  source: ReadableImage,
  { pool, options, copied }: VerifyContext,
): Promise<void> {
  const { signal, onProgress } = options;
  const report = (doneBytes: number, totalBytes: number | undefined) =>
    onProgress?.({ ...copied, phase: 'verifying', doneBytes, totalBytes, readBytes: doneBytes });
  await using written = await openReadable(file.temporaryPath, {
    format: joinFormat(target),
    pool,
    spillFolder: file.folder,
    signal,
    onSpill: report,
  });
  const { identical, firstDifferenceBytes } = await compareReadable(source, written, pool, {
    signal,
    onProgress: ({ doneBytes, totalBytes }) => report(doneBytes, totalBytes),
  });
  if (identical) return;
  throw new ForgeError(
    'VERIFY_MISMATCH',
    `reads back differently at guest offset ${firstDifferenceBytes}; it was removed. The source may have ` +
      'changed meanwhile, or the disk or memory may be faulty',
    { path: file.path },
  );
}

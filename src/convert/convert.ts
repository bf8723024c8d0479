import type { Readable, Writable } from 'node:stream';
import { ForgeError, toForgeError } from '../errors.js';
import { checkTarget, isSameFile, TargetFile } from '../files/target-file.js';
import { compareReadable } from '../image/compare.js';
import type { FormatInContainer, FormatName } from '../image/format.js';
import { joinFormat, wholeSectors } from '../image/format.js';
import { makeReadable, openReadable, type ProbedSource, probeSource } from '../image/readable-image.js';
import { spillInto } from '../image/spill.js';
import { defaultThreads, WorkerPool } from '../workers/worker-pool.js';
import { type Copied, copyInto } from './copy-segments.js';
import { type Plan, planConversion, targetFormat } from './plan.js';
import { createFileSink } from './sink/create-sink.js';
import { streamInto } from './stream-target.js';

export interface ConvertProgress {
  /** `inflating` a source, `scanning` it for zeros, `converting`, `verifying` the result. */
  readonly phase: 'inflating' | 'scanning' | 'converting' | 'verifying';
  /** Bytes of this phase that are done: of the file when inflating, else of the virtual disk. */
  readonly doneBytes: number;
  /** All bytes of this phase; undefined for a stream. */
  readonly totalBytes: number | undefined;
  /** Guest bytes read so far, which leaves out what is known to be zeros. */
  readonly readBytes: number;
  /** Bytes of the target so far. */
  readonly writtenBytes: number;
}

export interface ConvertOptions {
  /** Format of the source; found out from its content by default. */
  readonly sourceFormat?: FormatName | undefined;
  /** Format of the target; by its name's ending by default. */
  readonly targetFormat?: FormatName | undefined;
  /** Compression of a .gz target: 1 (fast) to 9 (dense), 6 by default. */
  readonly level?: number | undefined;
  /** Worker threads: one for each core by default. The result does not depend on it. */
  readonly threads?: number | undefined;
  /** Read the finished file back and compare it with the source before it gets its name. */
  readonly verify?: boolean | undefined;
  /** Replace an existing target. */
  readonly force?: boolean | undefined;
  /** Stops the conversion; nothing is left of the target. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

export interface ConvertResult {
  readonly sourceFormat: FormatName;
  readonly targetFormat: FormatName;
  readonly virtualSizeBytes: number;
  /** Guest bytes that were read: the rest was known to be zeros. */
  readonly readBytes: number;
  /** Length of what was written; for a raw file without its holes. */
  readonly writtenBytes: number;
  readonly elapsedMs: number;
  readonly verified: boolean;
}

/** What every step of a conversion needs. */
interface Context {
  readonly plan: Plan;
  readonly pool: WorkerPool;
  readonly options: ConvertOptions;
  readonly target: FormatInContainer;
}

/**
 * Converts an image: any of raw, raw.gz, qcow2, qcow2.gz to any other. The target appears under its name when it is
 * whole and on the disk, or not at all.
 *
 * @param source path of a file, or a stream
 * @param target path of a file, or a stream, which is left open
 * @throws ForgeError, or the signal's reason
 *
 * @example
 * await convert('disk.raw', 'disk.qcow2.gz', { level: 6, verify: true });
 */
export async function convert(
  source: string | Readable,
  target: string | Writable,
  options: ConvertOptions = {},
): Promise<ConvertResult> {
  const startedMs = performance.now();
  checkOptions(target, options);
  await using pool = new WorkerPool(options.threads ?? defaultThreads());
  try {
    await using probed = await probeSource(source, {
      format: options.sourceFormat,
      signal: options.signal,
    });
    const targetPath = typeof target === 'string' ? target : undefined;
    if (targetPath !== undefined) await checkTargetOf(probed, targetPath, options);
    const format = targetFormat(targetPath, options.targetFormat);
    const plan = planConversion(
      { ...probed, isStream: typeof source !== 'string' },
      { ...format, isStream: targetPath === undefined },
      options,
    );
    const context = { plan, pool, options, target: format };
    const copied =
      typeof target === 'string'
        ? await convertToFile(probed, target, context)
        : await convertToStream(probed, target, context);
    return {
      sourceFormat: joinFormat(probed),
      targetFormat: joinFormat(format),
      virtualSizeBytes: wholeSectors(copied.sizeBytes),
      readBytes: copied.readBytes,
      writtenBytes: copied.writtenBytes,
      elapsedMs: performance.now() - startedMs,
      verified: options.verify === true,
    };
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw toForgeError(thrown);
  }
}

function checkOptions(target: string | Writable, { level, threads, verify }: ConvertOptions): void {
  const check = (name: string, value: number | undefined, most: number) => {
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) return;
    throw new ForgeError('ARGUMENT_INVALID', `${name} is ${value}; allowed are integers from 1 to ${most}`);
  };
  check('level', level, 9);
  check('threads', threads, 1024);
  if (verify === true && typeof target !== 'string') {
    throw new ForgeError('ARGUMENT_INVALID', 'a stream cannot be read back to verify it; convert to a file');
  }
}

async function checkTargetOf(
  { path: source }: ProbedSource,
  target: string,
  { force }: ConvertOptions,
): Promise<void> {
  if (source !== undefined && (await isSameFile(source, target))) {
    throw new ForgeError('TARGET_IS_SOURCE', 'is the source itself; choose another name', { path: target });
  }
  await checkTarget(target, force === true);
}

async function convertToFile(probed: ProbedSource, target: string, context: Context): Promise<Copied> {
  const { plan, options } = context;
  await using file = await TargetFile.create(target, options.force === true);
  try {
    const copied =
      plan.spill === 'target'
        ? await spillIntoTarget(probed, file, context)
        : await copyToFile(probed, file, context);
    options.signal?.throwIfAborted();
    await file.commit();
    return copied;
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw file.translate(thrown);
  }
}

/** The content of the source is the target: it needs to be written but once. */
async function spillIntoTarget(
  probed: ProbedSource,
  file: TargetFile,
  { pool, options }: Context,
): Promise<Copied> {
  const { signal, onProgress, onWarning } = options;
  const sizeBytes = await spillInto(file.temporaryPath, probed.source, {
    container: probed.container,
    pool,
    signal,
    onWarning,
    onConsumed: (doneBytes) =>
      onProgress?.({
        phase: 'inflating',
        doneBytes,
        totalBytes: probed.source.lengthBytes,
        readBytes: doneBytes,
        writtenBytes: 0,
      }),
  });
  return { sizeBytes, readBytes: sizeBytes, writtenBytes: (await file.handle.stat()).blocks * 512 };
}

async function copyToFile(probed: ProbedSource, file: TargetFile, context: Context): Promise<Copied> {
  const { plan, pool, options, target } = context;
  await using image = await openForConversion(probed, context, file.folder);
  const sink = createFileSink(image, file, plan, pool);
  const copied = await copyInto(sink, image, pool, options);
  if (options.verify === true) {
    await using written = await openReadable(file.temporaryPath, {
      format: joinFormat(target),
      pool,
      spillFolder: file.folder,
      signal: options.signal,
      onSpill: (doneBytes, totalBytes) =>
        options.onProgress?.({ ...copied, phase: 'verifying', doneBytes, totalBytes, readBytes: doneBytes }),
    });
    const { identical, firstDifferenceBytes } = await compareReadable(image, written, pool, {
      signal: options.signal,
      onProgress: ({ doneBytes, totalBytes }) =>
        options.onProgress?.({ ...copied, phase: 'verifying', doneBytes, totalBytes, readBytes: doneBytes }),
    });
    if (!identical) {
      throw new ForgeError(
        'VERIFY_MISMATCH',
        `reads back differently at guest offset ${firstDifferenceBytes}; it was removed. The source may have ` +
          'changed meanwhile, or the disk or memory may be faulty',
        { path: file.path },
      );
    }
  }
  return copied;
}

async function convertToStream(probed: ProbedSource, target: Writable, context: Context): Promise<Copied> {
  await using image = await openForConversion(probed, context, undefined);
  return await streamInto(target, image, context.plan, context.pool, context.options);
}

function openForConversion(
  probed: ProbedSource,
  { pool, options }: Context,
  spillFolder: string | undefined,
) {
  return makeReadable(probed, {
    pool,
    spillFolder,
    signal: options.signal,
    onWarning: options.onWarning,
    onSpill: (doneBytes, totalBytes) =>
      options.onProgress?.({
        phase: 'inflating',
        doneBytes,
        totalBytes,
        readBytes: doneBytes,
        writtenBytes: 0,
      }),
  });
}

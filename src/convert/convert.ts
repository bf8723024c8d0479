import type { Readable, Writable } from 'node:stream';
import { ForgeError, toForgeError } from '../errors.js';
import { checkTarget, isSameFile, TargetFile } from '../files/target-file.js';
import type { FormatInContainer } from '../image/format.js';
import { joinFormat, wholeSectors } from '../image/format.js';
import { checkPadding, hasPadding } from '../image/padding.js';
import { makeReadable, type OpenOptions, type ProbedSource, probeSource } from '../image/readable-image.js';
import { openScattered } from '../image/scatter.js';
import { spillInto } from '../image/spill.js';
import { addon } from '../native/addon.js';
import type { Compression } from '../native/boundary.js';
import { WorkerPool } from '../workers/worker-pool.js';
import { checkAutoLevel, checkHasLevel, decideLevel } from './auto-level.js';
import { type Copied, copyInto } from './copy-segments.js';
import {
  type ConvertOptions,
  type ConvertResult,
  clusterLevels,
  type LevelChoice,
  levels,
} from './options.js';
import { type Plan, planConversion, targetFormat } from './plan.js';
import { createFileSink } from './sink/create-sink.js';
import { streamInto } from './stream-target.js';
import { verifyFile } from './verify.js';

/** What every step of a conversion needs. */
interface Context {
  readonly plan: Plan;
  readonly pool: WorkerPool;
  readonly options: ConvertOptions;
  readonly target: FormatInContainer;
  readonly resultOf: (converted: Converted) => ConvertResult;
}

/** What was done, and how it was deflated. */
interface Converted extends Copied {
  readonly levelChoice?: LevelChoice | undefined;
  readonly compression?: Compression | undefined;
}

/**
 * Converts an image: any of raw, raw.gz, qcow2, qcow2.gz to any other. The target appears under its name when it is
 * whole, or not at all.
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
  await using pool = new WorkerPool(options.threads, {
    signal: options.signal,
    // What is measured must not depend on whether the threads are ready.
    ownThread: options.ownThread === true && options.level !== 'auto',
  });
  try {
    await using probed = await probeSource(source, {
      format: options.sourceFormat,
      snapshot: options.snapshot,
      allowCorrupt: options.allowCorrupt,
      allowExternal: options.allowExternal,
      signal: options.signal,
    });
    const targetPath = typeof target === 'string' ? target : undefined;
    await checkTargetOf(probed, target, options);
    const format = targetFormat(targetPath, options.targetFormat);
    const plan = planConversion(
      { ...probed, isStream: typeof source !== 'string', isIndexed: probed.pieces !== undefined },
      { ...format, isStream: targetPath === undefined },
      { ...options, level: options.level === 'auto' ? undefined : options.level, engines: addon.engines() },
    );
    checkHasLevel(options, plan);
    const resultOf = resultMaker(probed, format, options, startedMs);
    const context = { plan, pool, options, target: format, resultOf };
    const copied =
      typeof target === 'string'
        ? await convertToFile(probed, target, context)
        : await convertToStream(probed, target, context);
    return resultOf(copied);
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw toForgeError(thrown);
  }
}

/** @param startedMs by performance.now() */
function resultMaker(
  source: FormatInContainer,
  target: FormatInContainer,
  { verify }: ConvertOptions,
  startedMs: number,
): Context['resultOf'] {
  return (copied) => ({
    sourceFormat: joinFormat(source),
    targetFormat: joinFormat(target),
    virtualSizeBytes: wholeSectors(copied.sizeBytes),
    readBytes: copied.readBytes,
    writtenBytes: copied.writtenBytes,
    elapsedMs: performance.now() - startedMs,
    verified: verify === true,
    guestDigest: copied.guestDigest,
    levelChoice: copied.levelChoice,
    compression: copied.compression,
  });
}

function checkOptions(target: string | Writable, options: ConvertOptions): void {
  const { level, threads, verify, sync, clusterCompression } = options;
  const check = (name: string, value: number | undefined, least: number, most: number) => {
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
    const range = `integers from ${least} to ${most}`;
    throw new ForgeError('ARGUMENT_INVALID', `${name} is ${value}; allowed are ${range}`);
  };
  const allowed = clusterCompression === undefined ? levels : clusterLevels[clusterCompression];
  if (level !== 'auto') check('level', level, allowed.least, allowed.most);
  check('threads', threads, 1, 1024);
  checkPadding(options);
  checkAutoLevel(options);
  if (verify === true && typeof target !== 'string') {
    throw new ForgeError('ARGUMENT_INVALID', 'a stream cannot be read back to verify it; convert to a file');
  }
  if (sync === true && typeof target !== 'string') {
    throw new ForgeError('ARGUMENT_INVALID', 'a stream cannot be brought to the disk; convert to a file');
  }
}

async function checkTargetOf(
  { path: source, externalFiles }: ProbedSource,
  target: string | Writable,
  { force }: ConvertOptions,
): Promise<void> {
  const isPath = typeof target === 'string';
  const path = isPath ? target : 'standard output';
  const file = isPath ? target : descriptorOf(target);
  if (file !== undefined && source !== undefined && (await isSameFile(source, file))) {
    throw new ForgeError('TARGET_IS_SOURCE', 'is the source itself; choose another name', { path });
  }
  for (const needed of externalFiles) {
    if (file === undefined || !(await isSameFile(needed, file))) continue;
    throw new ForgeError('TARGET_IS_SOURCE', `is ${needed}, which the source needs; choose another name`, {
      path,
    });
  }
  if (isPath) await checkTarget(target, force === true);
}

/** A stream of the process into a file would make it longer while it is read. */
function descriptorOf(stream: Writable & { readonly fd?: unknown }): number | undefined {
  return typeof stream.fd === 'number' ? stream.fd : undefined;
}

async function convertToFile(probed: ProbedSource, target: string, context: Context): Promise<Converted> {
  const { plan, options } = context;
  const { force = false, sync = false } = options;
  await using file = await TargetFile.create(target, { replace: force, durable: sync });
  try {
    const copied = await whileUnchanged(probed, options, () =>
      copyBySpill[plan.spill](probed, file, context),
    );
    await tellCompletion(file, context.resultOf(copied), options);
    options.signal?.throwIfAborted();
    await file.commit();
    return copied;
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw file.translate(thrown);
  }
}

async function tellCompletion(
  { handle }: TargetFile,
  result: ConvertResult,
  { onComplete }: ConvertOptions,
): Promise<void> {
  if (onComplete === undefined) return;
  const { size, ino, birthtimeNs } = await handle.stat({ bigint: true });
  await onComplete(result, { lengthBytes: Number(size), fileId: `${ino} ${birthtimeNs}` });
}

/**
 * Works on a source that must not change meanwhile, nor a file behind it. Where it does, that is what is wrong,
 * whatever the work has stumbled over: workers open the file again for each segment.
 */
async function whileUnchanged(
  probed: ProbedSource,
  { signal }: ConvertOptions,
  work: () => Promise<Converted>,
): Promise<Converted> {
  try {
    const copied = await work();
    await probed.assertUnchanged();
    return copied;
  } catch (thrown) {
    signal?.throwIfAborted();
    await probed.assertUnchanged();
    throw thrown;
  }
}

/** The content of the source is the target: it needs to be written but once. */
async function spillIntoTarget(probed: ProbedSource, file: TargetFile, context: Context): Promise<Converted> {
  const { pool, options } = context;
  const sizeBytes = await spillInto(file.temporaryPath, probed.source, {
    container: probed.container,
    pool,
    signal: options.signal,
    onWarning: options.onWarning,
    onConsumed: spillProgress(probed, options),
  });
  return { sizeBytes, readBytes: sizeBytes, writtenBytes: (await file.handle.stat()).blocks * 512 };
}

async function copyToFile(probed: ProbedSource, file: TargetFile, context: Context): Promise<Converted> {
  const { pool, options, target } = context;
  await using image = await makeReadable(probed, openOptions(probed, context, file.folder));
  const { plan, levelChoice } = await decideLevel(image, context.plan, pool, options);
  const sink = createFileSink(image, file, plan, pool);
  const copied = await copyInto(sink, image, pool, options);
  if (options.verify === true) await verifyFile(file, target, image, { pool, options, copied });
  return { ...copied, levelChoice, compression: plan.compression };
}

async function convertToStream(probed: ProbedSource, target: Writable, context: Context): Promise<Converted> {
  const { pool, options } = context;
  return await whileUnchanged(probed, options, async () => {
    await using image = await makeReadable(probed, openOptions(probed, context, undefined));
    const { plan, levelChoice } = await decideLevel(image, context.plan, pool, options);
    const copied = await streamInto(target, image, plan, pool, options);
    return { ...copied, levelChoice, compression: plan.compression };
  });
}

/** What is guest bytes for certain is in its place before the image can be read; what is left is copied as ever. */
async function scatterIntoTarget(probed: ProbedSource, file: TargetFile, context: Context): Promise<Copied> {
  const { plan, pool, options } = context;
  const scattered = await openScattered(
    probed,
    file.temporaryPath,
    openOptions(probed, context, file.folder),
  );
  await using image = scattered.image;
  const copied = await copyInto(createFileSink(image, file, plan, pool), image, pool, options);
  return {
    ...copied,
    readBytes: copied.readBytes + scattered.placedBytes,
    writtenBytes: copied.writtenBytes + scattered.writtenBytes,
  };
}

const copyBySpill = { none: copyToFile, file: copyToFile, rest: scatterIntoTarget, target: spillIntoTarget };

function openOptions(
  probed: ProbedSource,
  { pool, options }: Context,
  spillFolder: string | undefined,
): OpenOptions {
  return {
    pool,
    padding: hasPadding(options) ? options : undefined,
    spillFolder,
    snapshot: options.snapshot,
    allowCorrupt: options.allowCorrupt,
    allowExternal: options.allowExternal,
    signal: options.signal,
    onWarning: options.onWarning,
    onSpill: spillProgress(probed, options),
  };
}

/** Tells how much of a source was used while its content is spilled. */
function spillProgress({ source, container }: ProbedSource, { onProgress }: ConvertOptions) {
  const phase = container === 'gz' ? 'inflating' : 'reading';
  return (doneBytes: number) =>
    onProgress?.({ phase, doneBytes, totalBytes: source.lengthBytes, readBytes: doneBytes, writtenBytes: 0 });
}

import { setImmediate } from 'node:timers/promises';
import { toForgeError } from '../errors.js';
import type { ImageRef } from '../workers/jobs.js';
import { runInOrder } from '../workers/run-in-order.js';
import { WorkerPool } from '../workers/worker-pool.js';
import { type FormatName, wholeSectors } from './format.js';
import { GuestDigest } from './guest-digest.js';
import type { InflaterChoice } from './inflaters.js';
import { makeReadable, probeSource, type ReadableImage, type StateOptions } from './readable-image.js';
import type { Work } from './segments.js';
import { amountOf, workOf } from './work.js';

export interface DigestProgress {
  readonly phase: 'inflating' | 'digesting';
  /** Bytes of the compressed file, or guest bytes that are stored. */
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
}

export interface DigestOptions extends StateOptions, InflaterChoice {
  /** Format of the file; found out from its content by default. */
  readonly format?: FormatName | undefined;
  /** Worker threads: one for each core by default. The result does not depend on it. */
  readonly threads?: number | undefined;
  /** Have the calling thread read an image of a few MiB, as in a conversion. */
  readonly ownThread?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DigestProgress) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * The guest digest of an image, in 64 hexadecimal digits: SHA-256 over the SHA-256 of each 4 MiB of the virtual disk in
 * order, the last of which ends with the disk, in whole sectors of 512 bytes. Two images of the same disk have the same
 * one, whatever their formats, wherever they are.
 *
 * @throws ForgeError where the image cannot be read, or the signal's reason
 *
 * @example
 * const isSameDisk = (await digestImage('disk.raw')) === (await digestImage('disk.qcow2.gz'));
 */
export async function digestImage(path: string, options: DigestOptions = {}): Promise<string> {
  const { signal, onProgress, onWarning } = options;
  await using pool = new WorkerPool(options.threads, options);
  await using probed = await probeSource(path, options);
  try {
    await using image = await makeReadable(probed, {
      ...options,
      pool,
      onSpill: (doneBytes, totalBytes) => onProgress?.({ phase: 'inflating', doneBytes, totalBytes }),
      onWarning,
    });
    const digest = await digestOf(image, pool, { signal, onProgress });
    await probed.assertUnchanged();
    return digest;
  } catch (thrown) {
    signal?.throwIfAborted();
    // Workers open the file again for each segment: where it changes, they stumble over anything.
    await probed.assertUnchanged();
    throw toForgeError(thrown, path);
  }
}

/** The same of an image that is open already. */
export async function digestOf(
  image: ReadableImage,
  pool: WorkerPool,
  { signal, onProgress }: Pick<DigestOptions, 'signal' | 'onProgress'> = {},
): Promise<string> {
  const digest = new GuestDigest();
  const { totalBytes } = await amountOf(image, signal);
  let doneBytes = 0;
  await runInOrder(workOf(image), {
    limit: pool.threads + 2,
    signal,
    start: async (work) => (work.kind === 'segment' ? await digestSegment(image.ref, work, pool) : undefined),
    accept: async (segmentDigest, { lengthBytes }) => {
      if (segmentDigest === undefined) {
        await addZeros(digest, lengthBytes, signal);
      } else {
        digest.add(segmentDigest);
        doneBytes += lengthBytes;
      }
      onProgress?.({ phase: 'digesting', doneBytes, totalBytes });
      return 'go on';
    },
  });
  return digest.hex();
}

/** Has a worker take the SHA-256 of a segment. */
export async function digestSegment(
  image: ImageRef,
  { startBytes, lengthBytes }: Work,
  pool: WorkerPool,
): Promise<Uint8Array> {
  const zeroBytes = wholeSectors(lengthBytes) - lengthBytes;
  return await pool.run({ kind: 'digest', image, startBytes, lengthBytes, zeroBytes });
}

// The digests of so many zeros are hashed in some milliseconds.
const zerosAtOnceBytes = 2 ** 40;

/** Takes a run of zeros in; in between others have their turn, as a disk can be of petabytes. */
export async function addZeros(
  digest: GuestDigest,
  lengthBytes: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let left = lengthBytes; left > 0; left -= zerosAtOnceBytes) {
    digest.addZeros(Math.min(left, zerosAtOnceBytes));
    if (left <= zerosAtOnceBytes) return;
    await setImmediate();
    signal?.throwIfAborted();
  }
}

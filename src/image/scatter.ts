import { addon } from '../native/addon.js';
import { makeReadable, type OpenOptions, type ProbedSource, type ReadableImage } from './readable-image.js';
import { writeContent } from './spill.js';

/** An image of which a part is in its target already. */
export interface ScatteredImage {
  /** What is left: the clusters that were placed read as zeros. */
  readonly image: ReadableImage;
  /** Guest bytes that were placed. */
  readonly placedBytes: number;
  /** What of them was written, as it is not zero. */
  readonly writtenBytes: number;
}

/**
 * Reads a qcow2 that can only be read forwards into an existing empty raw file: clusters that its tables have named
 * by the time they come are written to their place at once, and the rest to a spill. Where the image is opened, all is
 * as if all of it had been spilled: its tables are checked likewise, and that they have no other use for what was placed.
 *
 * What is left has to be copied to the target without writing zeros.
 *
 * @throws ForgeError as {@link makeReadable} does, and QCOW2_CORRUPT where clusters that should have one use have two
 */
export async function openScattered(
  probed: ProbedSource,
  targetPath: string,
  options: Omit<OpenOptions, 'fillSpill'>,
): Promise<ScatteredImage> {
  const placer = new addon.Qcow2Placer();
  let placedBytes = 0;
  let writtenBytes = 0;
  const image = await makeReadable(probed, {
    ...options,
    fillSpill: (restPath, source, spillOptions) =>
      writeContent(restPath, source, spillOptions, async ({ bytes, lengthBytes }, offsetBytes) => {
        const runs = placer.take(bytes.subarray(0, lengthBytes));
        placedBytes += lengthOf(runs);
        const place = { targetPath, restPath, offsetBytes, lengthBytes, runs, bytes };
        const result = await options.pool.run({ kind: 'scatter', ...place }, [bytes.buffer]);
        writtenBytes += result.writtenBytes;
        return result.bytes;
      }),
  });
  try {
    await image.checkPlacement(placer, options.signal);
    return { image, placedBytes, writtenBytes };
  } catch (thrown) {
    await image[Symbol.asyncDispose]();
    throw thrown;
  }
}

/** Three numbers for each run, of which the second is its length. */
function lengthOf(runs: Float64Array): number {
  let sum = 0;
  for (let at = 1; at < runs.length; at += 3) sum += runs[at] ?? 0;
  return sum;
}

import { makeReadable, type OpenOptions, type ProbedSource, type ReadableImage } from './readable-image.js';
import { Scattering } from './scattering.js';
import { writeContent } from './spill.js';

/** An image of which a part is in its target already. */
export interface ScatteredImage {
  /** What is left: the clusters that were placed read as zeros, or as what they are. */
  readonly image: ReadableImage;
  /** Guest bytes that were placed. */
  readonly placedBytes: number;
  /** What of them was written, as it is not zero. */
  readonly writtenBytes: number;
}

/**
 * Reads a qcow2 that can only be read forwards into an existing empty raw file: clusters that its tables have named
 * by the time they come are written to their place at once, and the rest to a spill. Then all is as if it had been
 * spilled as a whole: the image is opened and checked likewise, and also that its tables have no other use for what was
 * placed.
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
  let scattering: Scattering | undefined;
  const image = await makeReadable(probed, {
    ...options,
    fillSpill: async (restPath, source, spillOptions) => {
      scattering = new Scattering(targetPath, restPath, options.pool);
      try {
        const write = scattering.write.bind(scattering);
        const lengthBytes = await writeContent(restPath, source, spillOptions, write);
        await scattering.finish();
        return lengthBytes;
      } catch (thrown) {
        await scattering.giveUp();
        throw thrown;
      }
    },
  });
  try {
    if (scattering !== undefined) await image.checkPlacement(scattering.placer, options.signal);
    return { image, placedBytes: scattering?.placedBytes ?? 0, writtenBytes: scattering?.writtenBytes ?? 0 };
  } catch (thrown) {
    await image[Symbol.asyncDispose]();
    throw thrown;
  }
}

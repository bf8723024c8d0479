import { ForgeError } from '../errors.js';
import type { ReadableImage } from '../image/readable-image.js';
import { addon } from '../native/addon.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { ConvertOptions, LevelChoice } from './options.js';
import type { Plan } from './plan.js';

type AutoOptions = Pick<ConvertOptions, 'level' | 'bandwidthBitsPerSecond' | 'engine' | 'signal'>;

function refuse(message: string): never {
  throw new ForgeError('ARGUMENT_INVALID', message);
}

/** @throws ForgeError ARGUMENT_INVALID where the options for level `auto` do not go together */
export function checkAutoLevel({ level, bandwidthBitsPerSecond: bandwidth, engine }: AutoOptions): void {
  if (bandwidth !== undefined && !(Number.isFinite(bandwidth) && bandwidth >= 1)) {
    refuse(`the bandwidth is ${bandwidth} bits per second; allowed are 1 and more`);
  }
  if (level !== 'auto') {
    if (bandwidth !== undefined)
      refuse("the bandwidth has a use with level 'auto' only; add it, or leave it out");
    return;
  }
  if (bandwidth === undefined) {
    refuse("level 'auto' depends on the link to the bucket; add its bandwidth, such as --bandwidth 200M");
  }
  if (engine !== undefined) refuse("level 'auto' chooses the engine as well; leave the engine out");
}

/** @throws ForgeError ARGUMENT_INVALID where there is no level to choose */
export function checkHasLevel({ level }: AutoOptions, { compression, clusters }: Plan): void {
  if (level === 'auto' && compression === undefined) {
    refuse("level 'auto' is for .gz targets, and this one is not compressed; leave it out");
  }
  if (level === 'auto' && clusters !== undefined) {
    refuse("level 'auto' does not choose for compressed clusters; state a level, or leave it out");
  }
}

export interface DecidedLevel {
  readonly plan: Plan;
  readonly levelChoice: LevelChoice | undefined;
}

/** The plan with the level that is the best for this image and this machine, where that was asked for. */
export async function decideLevel(
  image: ReadableImage,
  plan: Plan,
  pool: WorkerPool,
  { level, bandwidthBitsPerSecond, signal }: AutoOptions,
): Promise<DecidedLevel> {
  if (level !== 'auto' || bandwidthBitsPerSecond === undefined) return { plan, levelChoice: undefined };
  const { chooseLevel } = await import('./measuring/choose-level.js');
  const engines = addon.engines();
  const levelChoice = await chooseLevel(image, pool, { bandwidthBitsPerSecond, engines, signal });
  return { plan: { ...plan, compression: levelChoice.compression }, levelChoice };
}

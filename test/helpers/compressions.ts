import fc from 'fast-check';
import { addon } from '../../src/native/addon.js';
import type { Compression } from '../../src/native/boundary.js';

/** Every engine of this build at every of its levels. */
export const compressions: readonly Compression[] = addon
  .engines()
  .flatMap(({ name, leastLevel, mostLevel }) =>
    Array.from({ length: mostLevel - leastLevel + 1 }, (_, index) => ({
      engine: name,
      level: leastLevel + index,
    })),
  );

export const anyCompression = fc.constantFrom(...compressions);

/** What every build has. */
export const zlib6: Compression = { engine: 'zlib', level: 6 };

import { compressionFor } from '../convert/compression.js';
import { levels } from '../convert/options.js';
import type { Compression, EngineFacts } from '../native/boundary.js';

/** One way to compress that this build has. */
export interface Setting {
  readonly compression: Compression;
  /** Which levels of `--level` it is used for; mostly none or one. */
  readonly userLevels: readonly number[];
}

/** Every engine at every level of its own. Pure. */
export function allSettings(engines: readonly EngineFacts[]): readonly Setting[] {
  const uses = Array.from({ length: levels.most - levels.least + 1 }, (_, index) => {
    const userLevel = levels.least + index;
    return { userLevel, compression: compressionFor(userLevel, undefined, engines) };
  });
  return engines.flatMap(({ name, leastLevel, mostLevel }) =>
    Array.from({ length: mostLevel - leastLevel + 1 }, (_, index) => {
      const compression = { engine: name, level: leastLevel + index };
      const isUsed = (use: (typeof uses)[number]) =>
        use.compression.engine === name && use.compression.level === compression.level;
      return { compression, userLevels: uses.filter(isUsed).map(({ userLevel }) => userLevel) };
    }),
  );
}

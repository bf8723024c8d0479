import { ForgeError } from '../errors.js';
import type {
  ClusterCompression,
  Compression,
  CompressionType,
  EngineFacts,
  EngineName,
} from '../native/boundary.js';
import { defaultClusterLevels } from './options.js';

/**
 * Which engine takes which level, best first. For 1 to 9 the first is faster than zlib at that level and its output
 * not larger, as measured on disks of installed systems; 1 alone is for speed and may be up to 2% larger. zlib itself is
 * always there.
 */
const choices: readonly (readonly Compression[])[] = [
  [{ engine: 'zlib', level: 0 }],
  [
    { engine: 'isal', level: 1 },
    { engine: 'libdeflate', level: 1 },
  ],
  [
    { engine: 'isal', level: 3 },
    { engine: 'libdeflate', level: 1 },
  ],
  [
    { engine: 'libdeflate', level: 1 },
    { engine: 'isal', level: 3 },
  ],
  [{ engine: 'libdeflate', level: 4 }],
  [{ engine: 'libdeflate', level: 5 }],
  [{ engine: 'libdeflate', level: 6 }],
  [{ engine: 'libdeflate', level: 7 }],
  [{ engine: 'libdeflate', level: 8 }],
  [{ engine: 'libdeflate', level: 9 }],
  [{ engine: 'libdeflate', level: 10 }],
  [{ engine: 'libdeflate', level: 11 }],
  [{ engine: 'libdeflate', level: 12 }],
];

const zlibMostLevel = 9;

/**
 * How a level of 0 (not smaller at all) to 12 (as small as can be) is done by the engines of a build. Pure. Above 9 a build without
 * libdeflate does what it can at 9.
 *
 * @param engine do it with this one, whose own level it then is
 * @param available the engines of the build
 * @throws ForgeError ENGINE_UNAVAILABLE, or ARGUMENT_INVALID for a level that the engine does not have
 */
export function compressionFor(
  level: number,
  engine: EngineName | undefined,
  available: readonly EngineFacts[],
): Compression {
  if (engine !== undefined) return ofEngine(level, engine, available);
  const isThere = (name: EngineName) => available.some((facts) => facts.name === name);
  const choice = choices[level]?.find((candidate) => isThere(candidate.engine));
  return choice ?? { engine: 'zlib', level: Math.min(level, zlibMostLevel) };
}

/**
 * How clusters of a kind are compressed by the engines of a build. Pure.
 *
 * @param level for zlib as in {@link compressionFor}, for zstd its own; 3 by default
 * @throws ForgeError as {@link compressionFor} does
 */
export function clusterCompressionFor(
  type: CompressionType,
  level: number | undefined,
  engine: EngineName | undefined,
  available: readonly EngineFacts[],
): ClusterCompression {
  const wanted = level ?? defaultClusterLevels[type];
  if (type === 'zlib') return { type, ...compressionFor(wanted, engine, available) };
  if (engine === undefined) return { type, level: wanted };
  throw new ForgeError(
    'ARGUMENT_INVALID',
    `the engine ${engine} makes no zstd clusters; leave it out, or compress them as zlib`,
  );
}

function ofEngine(level: number, engine: EngineName, available: readonly EngineFacts[]): Compression {
  const facts = available.find(({ name }) => name === engine);
  if (facts === undefined) {
    const names = available.map(({ name }) => name).join(', ');
    throw new ForgeError(
      'ENGINE_UNAVAILABLE',
      `this build has no engine ${engine}; it has ${names}; see 'omiforge doctor' for how to get others`,
    );
  }
  if (level >= facts.leastLevel && level <= facts.mostLevel) return { engine, level };
  throw new ForgeError(
    'ARGUMENT_INVALID',
    `the engine ${engine} has no level ${level}; allowed are ${facts.leastLevel} to ${facts.mostLevel}`,
  );
}

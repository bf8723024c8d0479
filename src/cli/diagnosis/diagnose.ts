import { compressionFor } from '../../convert/compression.js';
import { levels } from '../../convert/options.js';
import type { Compression, EngineFacts } from '../../native/boundary.js';
import type { BuildFacts, InstallationFacts } from './facts.js';

/** A library that the build can do without. */
export interface MissingLibrary {
  readonly name: 'isal' | 'libdeflate' | 'libzstd';
  /** What is worse without it. */
  readonly effect: string;
}

export interface LevelUse extends Compression {
  /** As users give it to `--level`. */
  readonly userLevel: number;
}

/** What is right and wrong with an installation. */
export interface Diagnosis extends InstallationFacts {
  /** What each `--level` does in this build; empty where the addon cannot be used. */
  readonly levels: readonly LevelUse[];
  readonly missing: readonly MissingLibrary[];
  /** Commands that mend it, in order; empty where nothing is wrong. */
  readonly remedy: readonly string[];
}

interface Library extends MissingLibrary {
  readonly debian: string;
  readonly homebrew: string;
  readonly isIn: (build: BuildFacts) => boolean;
}

const hasEngine = (engine: EngineFacts['name']) => (build: BuildFacts) =>
  build.engines.some(({ name }) => name === engine);

const libraries: readonly Library[] = [
  {
    name: 'isal',
    effect: 'levels 1 and 2 take several times as long',
    debian: 'libisal-dev',
    homebrew: 'isa-l',
    isIn: hasEngine('isal'),
  },
  {
    name: 'libdeflate',
    effect: 'levels 3 to 9 make larger files and most take longer; levels 10 to 12 do what 9 does',
    debian: 'libdeflate-dev',
    homebrew: 'libdeflate',
    isIn: hasEngine('libdeflate'),
  },
  {
    name: 'libzstd',
    effect: 'qcow2 images with zstd clusters cannot be read',
    debian: 'libzstd-dev',
    homebrew: 'zstd',
    isIn: ({ hasZstd }) => hasZstd,
  },
];

/** @param isClone whether this is a clone of the repository, and not a package that another one depends on */
export function diagnose(facts: InstallationFacts, isClone: boolean): Diagnosis {
  const { build, platform } = facts;
  if (build === undefined) {
    // The set-up builds nothing that is there already, be it damaged or not.
    const remedy = [...(isClone ? ['rm -rf build'] : []), rebuild(isClone)];
    return { ...facts, levels: [], missing: [], remedy };
  }
  const missing = libraries.filter(({ isIn }) => !isIn(build));
  const remedy = missing.length === 0 ? [] : [install(missing, platform), rebuild(isClone)];
  return {
    ...facts,
    levels: levelUses(build.engines),
    missing: missing.map(({ name, effect }) => ({ name, effect })),
    remedy,
  };
}

/** Which engine each `--level` is done by. */
export function levelUses(engines: readonly EngineFacts[]): readonly LevelUse[] {
  return Array.from({ length: levels.most - levels.least + 1 }, (_, index) => {
    const userLevel = levels.least + index;
    return { userLevel, ...compressionFor(userLevel, undefined, engines) };
  });
}

function install(missing: readonly Library[], platform: string): string {
  if (platform === 'darwin') return `brew install pkg-config ${names(missing, 'homebrew')}`;
  return `sudo apt-get install pkg-config ${names(missing, 'debian')}`;
}

function names(missing: readonly Library[], system: 'debian' | 'homebrew'): string {
  return missing.map((library) => library[system]).join(' ');
}

function rebuild(isClone: boolean): string {
  return isClone ? 'npm run setup' : 'npm rebuild omiforge';
}

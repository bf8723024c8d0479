import { availableParallelism } from 'node:os';
import { ForgeError, toForgeError } from '../../errors.js';
import type { EngineFacts, NativeAddon } from '../../native/boundary.js';
import { version } from '../version.js';

/** What the native addon says of itself. */
export interface BuildFacts {
  readonly engines: readonly EngineFacts[];
  readonly hasZstd: boolean;
}

/** What a diagnosis is made of. */
export interface InstallationFacts {
  readonly version: string;
  readonly nodeVersion: string;
  readonly platform: string;
  readonly architecture: string;
  /** Cores that this process may use. */
  readonly cores: number;
  /** Undefined where the addon cannot be used. */
  readonly build: BuildFacts | undefined;
  /** Why it cannot. */
  readonly failure: string | undefined;
}

/** Looks at this installation. Works without the addon, which is what it may have to tell of. */
export async function installationFacts(): Promise<InstallationFacts> {
  const facts = {
    version,
    nodeVersion: process.version,
    platform: process.platform,
    architecture: process.arch,
    cores: availableParallelism(),
  };
  try {
    const { addon } = await import('../../native/addon.js');
    return { ...facts, build: buildFacts(addon), failure: undefined };
  } catch (thrown) {
    return { ...facts, build: undefined, failure: toForgeError(thrown).toLine() };
  }
}

function buildFacts(addon: NativeAddon): BuildFacts {
  // An addon that was built from older sources loads, and lacks calls.
  if (typeof addon.hasZstd !== 'function' || typeof addon.engines !== 'function') {
    throw new ForgeError('NATIVE_LOAD_FAILED', 'the native addon was built from other sources than these');
  }
  return { engines: addon.engines(), hasZstd: addon.hasZstd() };
}

import { readConfigFiles } from '../../cloud/config-files.js';
import type { Environment } from '../../cloud/credentials.js';
import { resolveSettings, type SettingsFlags, type Storage } from '../../cloud/settings.js';
import { ForgeError, toForgeError } from '../../errors.js';

/** What signing would use: where it comes from, and never a key. */
export interface AccountFacts {
  readonly files: readonly ConfigFileFacts[];
  /** Where the keys are from; undefined where there are none. */
  readonly keysFrom: string | undefined;
  /** Undefined where the settings cannot be told. */
  readonly storage: Storage | undefined;
  readonly warnings: readonly string[];
  /** Why nothing can be signed, where that is not for want of keys. */
  readonly failure: string | undefined;
}

/** A configuration file that is there, or was asked for. */
export interface ConfigFileFacts {
  readonly name: string;
  /** Permission bits; undefined where it could not be opened. */
  readonly mode: number | undefined;
  /** Why it cannot be used. */
  readonly failure: string | undefined;
}

/** Looks up what `flags` and `environment` lead to. Nothing is sent. */
export async function accountFacts(flags: SettingsFlags, environment: Environment): Promise<AccountFacts> {
  const found = await readConfigFiles(flags.config, environment);
  const files = found.map(({ name, mode, content }) => ({
    name,
    mode,
    failure: content instanceof ForgeError ? content.message : undefined,
  }));
  try {
    const { credentials, region, endpoint, warnings } = resolveSettings(flags, environment, found);
    const keysFrom = credentials?.source;
    return { files, keysFrom, storage: { region, endpoint }, warnings, failure: undefined };
  } catch (thrown) {
    const failure = toForgeError(thrown).toLine();
    return { files, keysFrom: undefined, storage: undefined, warnings: [], failure };
  }
}

import { readConfigFiles } from './config-files.js';
import type { Environment } from './credentials.js';
import { resolveSettings, type Settings, type SettingsFlags } from './settings.js';

/**
 * The settings that hold for `flags`, `environment` and the configuration files that they lead to.
 *
 * @throws ForgeError as {@link resolveSettings} does
 */
export async function loadSettings(flags: SettingsFlags, environment: Environment): Promise<Settings> {
  return resolveSettings(flags, environment, await readConfigFiles(flags.config, environment));
}

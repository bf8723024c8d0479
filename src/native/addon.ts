import { join } from 'node:path';
import { ForgeError } from '../errors.js';
import type { NativeAddon } from './boundary.js';

// From dist/src/native/ to the package's own build folder.
const addonPath = join(import.meta.dirname, '../../../build/Release/omiforge.node');

function load(): NativeAddon {
  try {
    const module = { exports: {} };
    process.dlopen(module, addonPath);
    return module.exports as NativeAddon;
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new ForgeError(
      'NATIVE_LOAD_FAILED',
      `the native addon does not load on ${process.platform}-${process.arch} with Node ${process.version} ` +
        `(${reason}); build it with 'npm rebuild omiforge', or 'npm run setup' in a clone`,
      { path: addonPath, cause },
    );
  }
}

/** The native core; the only place that loads it. */
export const addon: NativeAddon = load();

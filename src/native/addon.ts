import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ForgeError } from '../errors.js';
import type { NativeAddon } from './boundary.js';

// From dist/src/native/ to the package's own build folder.
const addonPath = fileURLToPath(new URL('../../../build/Release/omiforge.node', import.meta.url));

function load(): NativeAddon {
  try {
    return createRequire(import.meta.url)(addonPath) as NativeAddon;
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

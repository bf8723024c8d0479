import { Command } from 'commander';
import type { ReadImageFacts } from '../../manifest/from-files.js';
import { createCommand } from './manifest/create.js';
import { repairCommand } from './manifest/repair.js';
import { resignCommand } from './manifest/resign.js';
import { showCommand } from './manifest/show.js';
import { validateCommand } from './manifest/validate.js';

/** `omiforge manifest`: all that is done with OMI manifests. `readFacts` stands in for the reading of image files. */
export function manifestCommand(signal: AbortSignal, readFacts?: ReadImageFacts): Command {
  return new Command('manifest')
    .description('work with OMI manifests')
    .addCommand(createCommand(signal, readFacts))
    .addCommand(validateCommand(signal))
    .addCommand(repairCommand())
    .addCommand(resignCommand())
    .addCommand(showCommand());
}

import { InvalidArgumentError, Option } from 'commander';
import { engineNames } from '../convert/options.js';
import type { AllowExternal } from '../image/external-files.js';
import { formatNames } from '../image/format.js';

/** A parser for options that take an integer of a range. @param advice where there is more to say of the range */
export function integerFrom(
  least: number,
  most: number,
  advice = `Use an integer from ${least} to ${most}.`,
): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(advice);
  };
}

export function formatOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(formatNames);
}

export function engineOption(): Option {
  const description =
    'compress with this engine; --level is then one of its own (default: the best for each level)';
  return new Option('--engine <name>', description).choices(engineNames);
}

export function threadsOption(): Option {
  return new Option('--threads <number>', 'worker threads (default: one for each core)').argParser(
    integerFrom(1, 1024),
  );
}

export function forceCorruptOption(): Option {
  return new Option('--force-corrupt', 'read a qcow2 that is marked corrupt');
}

export function allowExternalOption(): Option {
  return new Option(
    '--allow-external',
    'read the backing and data files that a qcow2 names, in its own folder only',
  );
}

export function externalFolderOption(): Option {
  return new Option('--external-folder <dir>', 'the same, in this folder only');
}

/** What both say. */
export interface ExternalFlags {
  readonly allowExternal?: boolean;
  readonly externalFolder?: string;
}

export function allowedExternal({ allowExternal, externalFolder }: ExternalFlags): AllowExternal | undefined {
  return externalFolder ?? allowExternal;
}

export function jsonOption(): Option {
  return new Option('--json', 'print the result as JSON');
}

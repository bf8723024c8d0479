import { InvalidArgumentError, Option } from 'commander';
import { clusterLevels, engineNames, levels } from '../convert/options.js';
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

/** An option for the format of an image, by default that of its content. @param otherwise says of another default */
export function formatOption(
  flags: string,
  description: string,
  otherwise = 'found out from its content',
): Option {
  return new Option(flags, `${description} (default: ${otherwise})`).choices(formatNames);
}

export function engineOption(): Option {
  const description =
    'compress with this engine; --level is then one of its own (default: the best for each level)';
  return new Option('--engine <name>', description).choices(engineNames);
}

export function threadsOption(): Option {
  return new Option('--threads <number>', 'number of worker threads (default: one for each core)').argParser(
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
  return new Option('--external-folder <dir>', 'like --allow-external, in this folder and no other');
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

/** A level of `--level`, or that it is to be measured. */
export function levelFrom(text: string): number | 'auto' {
  const { least, most } = levels;
  const { zstd } = clusterLevels;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (text === 'auto') return text;
  if (value >= least && value <= zstd.most) return value;
  const ofZstd = `for zstd clusters from ${zstd.least} to ${zstd.most}`;
  throw new InvalidArgumentError(`Use an integer from ${least} to ${most}, ${ofZstd}, or auto.`);
}

const powersOf1000: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Bits per second: powers of 1000, as links are sold, such as 200M and 2.5G. */
export function bandwidthFrom(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,9})?)([KMGT]?)$/i.exec(text) ?? [];
  const bitsPerSecond = Number(digits) * (powersOf1000[unit.toUpperCase()] ?? 0);
  if (digits !== '' && bitsPerSecond >= 1) return bitsPerSecond;
  throw new InvalidArgumentError('Use bits per second of 1 or more, such as 200M or 2.5G.');
}

const powersOf1024: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** A size in bytes: powers of 1024, such as 256M and 1G. */
export function sizeFrom(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})([KMG]?)$/i.exec(text) ?? [];
  const sizeBytes = Number(digits) * (powersOf1024[unit.toUpperCase()] ?? 0);
  if (digits !== '' && sizeBytes >= 1) return sizeBytes;
  throw new InvalidArgumentError('Use a size of 1 or more, such as 256M or 1G.');
}

/** The size of a disk in bytes: powers of 1024, such as 10G, 10GiB and 1T. */
export function diskSizeFrom(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,16})(?:([KMGT])(?:iB)?)?$/i.exec(text) ?? [];
  const power = unit.toUpperCase();
  const sizeBytes = Number(digits) * (power === 'T' ? 2 ** 40 : (powersOf1024[power] ?? 0));
  if (sizeBytes >= 1 && sizeBytes <= Number.MAX_SAFE_INTEGER) return sizeBytes;
  throw new InvalidArgumentError('Use a size of 1 or more, such as 512M, 10GiB or 1T.');
}

/** A parser for options that take several of something, with commas between. */
export function listOf<Item>(parse: (text: string) => Item): (text: string) => Item[] {
  return (text) => text.split(',').map(parse);
}

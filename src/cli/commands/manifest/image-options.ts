import { InvalidArgumentError, Option } from 'commander';
import {
  architectures,
  type ProductType,
  productTypes,
  type VolumeType,
  volumeTypes,
} from '../../../manifest/rules.js';

/** What {@link imageOptions} give. */
export interface ImageFlags {
  readonly name?: string;
  readonly description?: string;
  readonly architecture?: (typeof architectures)[number];
  readonly productType?: readonly ProductType[];
  readonly user?: string;
}

/** What {@link diskOptions} give; undefined at the position of a disk that is left at its default. */
export interface DiskFlags {
  readonly device?: readonly (string | undefined)[];
  readonly volumeType?: readonly (VolumeType | undefined)[];
  readonly iops?: readonly (number | undefined)[];
  readonly deleteOnTermination?: readonly (boolean | undefined)[];
}

/** What a manifest says of the image. */
export function imageOptions(): readonly Option[] {
  return [
    new Option('--name <name>', 'name of the OMI, unique in the importing account'),
    new Option('--description <text>', 'description of the OMI'),
    new Option('--architecture <name>', 'architecture of the guest (default: x86_64)').choices(architectures),
    new Option(
      '--product-type <code>',
      '0001 Linux/Unix, 0002 Windows, 0004 Linux/Oracle, 0005 Windows 10 (default: 0001); may be repeated',
    )
      .choices(productTypes)
      .argParser(collect(oneOf(productTypes))),
    new Option('--user <id>', 'account id of the exporter, 12 digits'),
  ];
}

/** What a manifest says of each disk: the first value is for the first disk. */
export function diskOptions(): readonly Option[] {
  return [
    new Option('--device <name>', 'device of the disk (default: by its position); may be repeated').argParser(
      collectOrSkip((text) => text),
    ),
    new Option('--volume-type <type>', 'type of the volume (default: standard); may be repeated')
      .choices(volumeTypes)
      .argParser(collectOrSkip(oneOf(volumeTypes))),
    new Option('--iops <number>', 'operations per second of an io1 disk; may be repeated').argParser(
      collectOrSkip(parseCount),
    ),
    new Option(
      '--delete-on-termination <bool>',
      'whether the volume goes away with the virtual machine (default: true); may be repeated',
    )
      .choices(['true', 'false'])
      .argParser(collectOrSkip((text) => oneOf(['true', 'false'])(text) === 'true')),
  ];
}

/** Of an option that may be repeated. */
export function collect<T>(
  parse: (text: string) => T,
): (text: string, before?: readonly T[]) => readonly T[] {
  return (text, before = []) => [...before, parse(text)];
}

function collectOrSkip<T>(
  parse: (text: string) => T,
): (text: string, before?: readonly (T | undefined)[]) => readonly (T | undefined)[] {
  return collect((text) => (text === '-' ? undefined : parse(text)));
}

function oneOf<T extends string>(allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((value) => value === text);
    if (found === undefined) throw new InvalidArgumentError(`Use one of ${allowed.join(', ')}.`);
    return found;
  };
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Use a whole number.');
  return Number(text);
}

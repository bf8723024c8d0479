import { Command } from 'commander';
import type { FormatName } from '../../image/format.js';
import type { Image } from '../../image/open-image.js';
import {
  allowExternalOption,
  allowedExternal,
  type ExternalFlags,
  externalFolderOption,
  formatOption,
  jsonOption,
} from '../arguments.js';
import { mapJson, mapTable } from '../map-text.js';
import { printParts, printWarning } from '../output.js';

interface MapFlags extends ExternalFlags {
  readonly format?: FormatName;
  readonly json?: boolean;
}

const help = `
Shows which ranges of the disk are data, compressed, zero (the image says so) or unallocated (the image says nothing,
or the file has a hole), and where in the file they stand. Nothing but tables is read.

A .gz is inflated into a temporary file first: offsets are those in the file that gunzip would make, and long runs of
zeros in a raw disk are unallocated.

With --allow-external or --external-folder it is the map of the whole chain: depth 0 is the image, 1 its backing image.
Where an image has a data file, the offsets are those in the data file.

--json prints what qemu-img map --output=json prints, one extent a line. One thing differs: qemu-img also marks
clusters of a qcow2 as zero that are holes of the file, where it takes them for preallocated; here they are data.

Exit status: 0 done, 1 failed, 2 bad usage, 130 interrupted.

Examples:
  $ omiforge map disk.qcow2
  $ omiforge map --allow-external overlay.qcow2
  $ omiforge map --json disk.raw | jq '[.[] | select(.data) | .length] | add'
`;

/** `omiforge map IMAGE` */
export function mapCommand(signal: AbortSignal): Command {
  return new Command('map')
    .description('show where the data of an image is')
    .argument('<image>', 'file to look into')
    .addOption(formatOption('-f, --format <fmt>', 'format of the image'))
    .addOption(allowExternalOption())
    .addOption(externalFolderOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((path: string, flags: MapFlags) => run(path, flags, signal));
}

async function run(path: string, flags: MapFlags, signal: AbortSignal): Promise<void> {
  const [{ openImage }, { mapOf }] = await Promise.all([
    import('../../image/open-image.js'),
    import('../../image/map.js'),
  ]);
  await using image = await openImage(path, {
    format: flags.format,
    allowExternal: allowedExternal(flags),
    signal,
    onWarning: printWarning,
  });
  const extents = mapOf(image, signal);
  const text =
    flags.json === true ? mapJson(extents) : mapTable(extents, image.virtualSizeBytes, isChain(image));
  await printParts(text, signal);
}

function isChain({ facts }: Image): boolean {
  return facts.format === 'qcow2' && facts.backingFile !== undefined;
}

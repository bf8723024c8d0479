import { Command } from 'commander';
import type { Comparison } from '../../image/compare.js';
import type { FormatName } from '../../image/format.js';
import {
  allowExternalOption,
  allowedExternal,
  type ExternalFlags,
  externalFolderOption,
  forceCorruptOption,
  formatOption,
  jsonOption,
  threadsOption,
} from '../arguments.js';
import { printJson, printLine, printWarning } from '../output.js';
import { ProgressLine } from '../progress.js';

interface CompareFlags extends ExternalFlags {
  readonly formatA?: FormatName;
  readonly formatB?: FormatName;
  readonly snapshotA?: string;
  readonly snapshotB?: string;
  readonly forceCorrupt?: boolean;
  readonly strict?: boolean;
  readonly threads?: number;
  readonly json?: boolean;
}

const help = `
Compares what a virtual machine would read, whatever the formats. When the sizes differ but all that the longer
image has more is zeros, they are identical, unless --strict is given.

--json prints an object with "identical", "first-difference" (a guest offset, or null) and "sizes-differ".

Exit status: 0 identical, 1 different, 2 could not compare.

Examples:
  $ omiforge compare disk.raw disk.qcow2.gz
  $ omiforge compare --snapshot-a before-upgrade disk.qcow2 disk.qcow2
  $ omiforge compare --allow-external overlay.qcow2 merged.qcow2
  $ omiforge compare --json -f raw backup.img disk.qcow2 | jq '.["first-difference"]'
`;

/** `omiforge compare A B` */
export function compareCommand(signal: AbortSignal): Command {
  return new Command('compare')
    .description('compare the guest bytes of two images of any formats')
    .argument('<a>', 'an image')
    .argument('<b>', 'another image')
    .addOption(formatOption('-f, --format-a <fmt>', 'format of A'))
    .addOption(formatOption('-F, --format-b <fmt>', 'format of B'))
    .option('--snapshot-a <id|name>', 'read this internal snapshot of A, not its active state')
    .option('--snapshot-b <id|name>', 'read this internal snapshot of B, not its active state')
    .addOption(forceCorruptOption())
    .addOption(allowExternalOption())
    .addOption(externalFolderOption())
    .option('-s, --strict', 'count images of different sizes as different')
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((a: string, b: string, flags: CompareFlags) => run(a, b, flags, signal));
}

async function run(a: string, b: string, flags: CompareFlags, signal: AbortSignal): Promise<void> {
  const { compareImages } = await import('../../image/compare.js');
  const { formatA, formatB, snapshotA, snapshotB, forceCorrupt, strict, threads } = flags;
  let comparison: Comparison;
  {
    using line = await ProgressLine.create();
    comparison = await compareImages(a, b, {
      formatA,
      formatB,
      snapshotA,
      snapshotB,
      allowCorrupt: forceCorrupt,
      allowExternal: allowedExternal(flags),
      strict,
      threads,
      ownThread: true,
      signal,
      onProgress: line.update,
      onWarning: line.warn,
    });
  }
  const { identical, firstDifferenceBytes, sizesDiffer } = comparison;
  if (identical && sizesDiffer) printWarning('the sizes differ; the longer image has only zeros more');
  if (flags.json === true) {
    printJson({ identical, 'first-difference': firstDifferenceBytes ?? null, 'sizes-differ': sizesDiffer });
  } else {
    printLine(identical ? 'identical' : `different at guest offset ${firstDifferenceBytes}`);
  }
  if (!identical) process.exitCode = 1;
}

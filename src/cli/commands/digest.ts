import { Command, Option } from 'commander';
import { toForgeError } from '../../errors.js';
import type { FormatName } from '../../image/format.js';
import { inflaterNames } from '../../image/inflaters.js';
import type { InflaterName } from '../../native/boundary.js';
import { printable } from '../../printable.js';
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
import { printError, printJson, printLine } from '../output.js';
import { ProgressLine } from '../progress.js';

interface DigestFlags extends ExternalFlags {
  readonly format?: FormatName;
  readonly snapshot?: string;
  readonly forceCorrupt?: boolean;
  readonly inflater?: InflaterName;
  readonly threads?: number;
  readonly json?: boolean;
}

const help = `
The guest digest is that of the disk and not of the file: the same disk has the same one in every format, with any
compression, and on every machine. So disks can be compared without bringing them together ('omiforge compare' does it
where they are). It is SHA-256 over the SHA-256 of each 4 MiB of the disk in order, the last of which ends with the
disk, in whole sectors of 512 bytes. Disks of different sizes have different ones.

--inflater reads a .gz with another decoder than the fastest one, from its beginning to its end: what isal or libdeflate
have written with zlib, which is Node's own gunzip, and what zlib has written with isal.

It is printed as sha256sum prints its own. --json prints an object with "filename" and "guest-digest"; several images
give an array. 'omiforge convert --digest' tells that of what it converts.

Exit status: 0 done, 1 failed, 2 bad usage, 130 interrupted.

Examples:
  $ omiforge digest disk.raw disk.qcow2.gz
  $ omiforge digest --inflater zlib disk.qcow2.gz
  $ omiforge digest --snapshot before-upgrade disk.qcow2
  $ diff <(omiforge digest disk.raw | cut -c -64) <(ssh backup omiforge digest disk.qcow2.gz | cut -c -64)
`;

/** `omiforge digest IMAGE...` */
export function digestCommand(signal: AbortSignal): Command {
  return new Command('digest')
    .description('print the SHA-256 of the disks in images of any formats')
    .argument('<image...>', 'images to read')
    .addOption(formatOption('-f, --format <fmt>', 'format of the images'))
    .option('--snapshot <id|name>', 'an internal snapshot of a qcow2, not its active state')
    .addOption(forceCorruptOption())
    .addOption(allowExternalOption())
    .addOption(externalFolderOption())
    .addOption(
      new Option('--inflater <name>', 'decoder for a .gz (default: the fastest)').choices(inflaterNames),
    )
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((paths: string[], flags: DigestFlags) => run(paths, flags, signal));
}

async function run(paths: readonly string[], flags: DigestFlags, signal: AbortSignal): Promise<void> {
  const found: { readonly filename: string; readonly 'guest-digest': string }[] = [];
  for (const path of paths) {
    try {
      const digest = await digestOne(path, flags, signal);
      if (flags.json === true) found.push({ filename: path, 'guest-digest': digest });
      else printLine(`${digest}  ${printable(path)}`);
    } catch (thrown) {
      signal.throwIfAborted();
      // The other images are read nevertheless.
      printError('digest', toForgeError(thrown, path));
      process.exitCode = 1;
    }
  }
  if (flags.json !== true) return;
  if (paths.length > 1) printJson(found);
  else if (found[0] !== undefined) printJson(found[0]);
}

async function digestOne(path: string, flags: DigestFlags, signal: AbortSignal): Promise<string> {
  const { digestImage } = await import('../../image/digest.js');
  const { format, snapshot, forceCorrupt, inflater, threads } = flags;
  using line = await ProgressLine.create();
  return await digestImage(path, {
    format,
    snapshot,
    allowCorrupt: forceCorrupt,
    allowExternal: allowedExternal(flags),
    inflater,
    threads,
    ownThread: true,
    signal,
    onProgress: line.update,
    onWarning: line.warn,
  });
}

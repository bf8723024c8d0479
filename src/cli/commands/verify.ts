import { Command } from 'commander';
import type { VerifiedFile } from '../../snapshot/verify-directory.js';
import { jsonOption, threadsOption } from '../arguments.js';
import { printJson, printLine } from '../output.js';
import { ProgressLine } from '../progress.js';

interface VerifyFlags {
  readonly threads?: number;
  readonly json?: boolean;
}

const help = `
DIR is what 'omiforge prepare' has made. Of each file its length, SHA-256 and MD5 are compared with report.json; then
it is read back by another decoder than the one that wrote it, and the digest of its guest bytes is compared with that
of the source. A manifest.json has to be that of the files beside it; when its URLs end is no matter. What is damaged is
made anew by the same 'omiforge prepare' with --paranoid.

--json prints an array of objects with "file", "ok" and "error".

Examples:
  $ omiforge verify prepared
  $ omiforge verify --json prepared | jq -r '.[] | select(.ok | not) | .file'

Exit status: 0 every file is what it was, 1 some are not, or DIR cannot be read, 2 bad usage, 130 interrupted.
`;

/** `omiforge verify DIR` */
export function verifyCommand(signal: AbortSignal): Command {
  return new Command('verify')
    .description('prove a prepared directory once more')
    .argument('<dir>', 'directory that was prepared')
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((directory: string, flags: VerifyFlags) => run(directory, flags, signal));
}

async function run(directory: string, { threads, json }: VerifyFlags, signal: AbortSignal): Promise<void> {
  const { verifyDirectory } = await import('../../snapshot/verify-directory.js');
  using line = await ProgressLine.create();
  let current = '';
  const verified = await verifyDirectory(directory, {
    threads,
    signal,
    onBegin: (file) => {
      current = file;
    },
    onProgress: (progress) => line.update({ ...progress, phase: `${current}  ${progress.phase}` }),
    onEnd: (file) => {
      if (json !== true) line.above(() => printVerified(file));
    },
  });
  line[Symbol.dispose]();
  if (verified.some(({ error }) => error !== undefined)) process.exitCode = 1;
  if (json === true) {
    printJson(
      verified.map(({ file, error }) => ({ file, ok: error === undefined, error: error?.toLine() ?? null })),
    );
  }
}

function printVerified({ file, error }: VerifiedFile): void {
  printLine(error === undefined ? `${file}: ok` : `FAILED ${error.toLine()}`);
}

import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { version } from '../../src/cli/version.js';
import type { MachineFacts } from '../record/record.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The lines that a command prints; none when it is not there or fails. */
async function linesOf(...[command = '', ...args]: string[]): Promise<readonly string[]> {
  const { stdout, stderr } = await run(command, args).catch(() => ({ stdout: '', stderr: '' }));
  return (stdout || stderr).split('\n').filter(Boolean);
}

/** The first number with dots in the text. */
function versionIn(text: string | undefined): string {
  return /\d+(\.\d+)+\S*/.exec(text ?? '')?.[0] ?? 'none';
}

/** The version of omiforge, and which commit it was built from where that is known. */
async function omiforgeVersion(): Promise<string> {
  const [commit] = await linesOf('git', '-C', root, 'rev-parse', '--short', 'HEAD');
  if (commit === undefined) return version;
  // What the last run has written is no change of the program.
  const paths = ['--', '.', ':!bench/RESULTS.md'];
  const changes = await linesOf('git', '-C', root, 'status', '--porcelain', '--untracked-files=no', ...paths);
  return `${version} (${commit}${changes.length > 0 ? ' with changes' : ''})`;
}

/** What numbers depend on besides the programs' skill. */
export async function machineFacts(folder: string): Promise<MachineFacts> {
  const [qemu, pigz, igzip, gzip, fileSystems] = await Promise.all([
    linesOf('qemu-img', '--version'),
    linesOf('pigz', '--version'),
    linesOf('igzip', '-V'),
    linesOf('gzip', '--version'),
    linesOf('df', '--output=fstype', folder),
  ]);
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    fileSystem: fileSystems.at(-1) ?? 'unknown',
    loadBefore: loadavg()[0] ?? 0,
    versions: {
      omiforge: await omiforgeVersion(),
      Node: process.version,
      zlib: process.versions['zlib'] ?? 'none',
      'qemu-img': versionIn(qemu[0]),
      pigz: versionIn(pigz[0]),
      igzip: versionIn(igzip[0]),
      gzip: versionIn(gzip[0]),
    },
  };
}

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ForgeError } from '../src/errors.js';
import { copySampleTree } from './sample-tree.js';

const mebibyte = 2 ** 20;
const sectorSizeBytes = 512;

/** Before the partition: the partition table, and the alignment that every partitioning tool keeps. */
const partitionOffsetBytes = mebibyte;

/** Behind the partition: the second copy of a GPT. */
const partitionTailBytes = mebibyte;

/** Above this share of the partition the tables and the journal of ext4 may leave no room for the files. */
const largestContentShare = 0.75;

export interface SampleDiskOptions {
  /** Size of the disk as a guest sees it, a multiple of 1 MiB; 4 GiB unless told. */
  readonly virtualSizeBytes?: number;
  /** How much to put on it at most; a machine that has less installed gives less. 700 MB unless told. */
  readonly contentBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface SampleDisk {
  readonly path: string;
  readonly virtualSizeBytes: number;
  readonly fileCount: number;
  readonly contentBytes: number;
}

/** Runs one of the tools of the administrator, which Debian keeps in folders that are not on everyone's PATH. */
function runTool(
  tool: { command: string; debianPackage: string },
  args: string[],
  { input = '', signal }: { input?: string; signal?: AbortSignal | undefined },
): Promise<void> {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/local/sbin:/usr/sbin:/sbin`, LC_ALL: 'C' };
  return new Promise((resolve, reject) => {
    const child = execFile(
      tool.command,
      args,
      { env, ...(signal && { signal }) },
      (error, _stdout, stderr) => {
        if (error === null) resolve();
        else if (signal?.aborted) reject(signal.reason);
        else if (error.code === 'ENOENT') {
          const message = `${tool.command} is not installed; install the package ${tool.debianPackage}`;
          reject(new ForgeError('IO_NOT_FOUND', message));
        } else {
          const reason = stderr.trim().replaceAll(/\s*\n\s*/g, ' ') || error.message;
          reject(new ForgeError('IO_FAILED', `${tool.command} failed: ${reason}`));
        }
      },
    );
    // The tool may end without reading; what it says then is the news, not the broken pipe.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

async function partition(
  disk: string,
  partitionSizeBytes: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const start = partitionOffsetBytes / sectorSizeBytes;
  const size = partitionSizeBytes / sectorSizeBytes;
  const input = `label: gpt\nstart=${start}, size=${size}, type=linux\n`;
  const options = ['--force', '--quiet', '--no-reread', '--no-tell-kernel', disk];
  await runTool({ command: 'sfdisk', debianPackage: 'fdisk' }, options, { input, signal });
}

async function makeFileSystem(
  disk: string,
  content: string,
  partitionSizeBytes: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const extended = `offset=${partitionOffsetBytes},root_owner=0:0`;
  const options = ['-q', '-F', '-t', 'ext4', '-L', 'sample', '-E', extended, '-d', content];
  const args = [...options, disk, `${partitionSizeBytes / 1024}k`];
  await runTool({ command: 'mke2fs', debianPackage: 'e2fsprogs' }, args, { signal });
}

function checkedSizes({ virtualSizeBytes = 4096 * mebibyte, contentBytes }: SampleDiskOptions) {
  const partitionSizeBytes = virtualSizeBytes - partitionOffsetBytes - partitionTailBytes;
  if (virtualSizeBytes % mebibyte !== 0 || partitionSizeBytes < 14 * mebibyte) {
    const found = `a disk of ${virtualSizeBytes} bytes`;
    throw new ForgeError('ARGUMENT_INVALID', `${found}; ask for a whole number of MiB, 16 or more`);
  }
  const mostBytes = Math.floor(partitionSizeBytes * largestContentShare);
  if (contentBytes !== undefined && (contentBytes < 0 || contentBytes > mostBytes)) {
    const found = `${contentBytes} bytes of content for a disk of ${virtualSizeBytes}`;
    throw new ForgeError('ARGUMENT_INVALID', `${found}; ask for at most ${mostBytes}`);
  }
  return { virtualSizeBytes, partitionSizeBytes, budgetBytes: contentBytes ?? Math.min(700e6, mostBytes) };
}

/**
 * Makes a raw disk as a machine would have it: a GPT with one ext4 partition that holds real files, installed on this
 * machine. It is sparse, needs no root, and stands at `path` only when it is whole.
 */
export async function makeSampleDisk(path: string, options: SampleDiskOptions = {}): Promise<SampleDisk> {
  const { virtualSizeBytes, partitionSizeBytes, budgetBytes } = checkedSizes(options);
  const { signal } = options;
  await mkdir(dirname(path), { recursive: true });
  const workshop = await mkdtemp(join(dirname(path), '.sample-disk-'));
  try {
    const content = join(workshop, 'content');
    const disk = join(workshop, 'disk.raw');
    await mkdir(content);
    const copied = await copySampleTree(content, budgetBytes, signal);
    await writeFile(disk, '');
    await truncate(disk, virtualSizeBytes);
    await partition(disk, partitionSizeBytes, signal);
    await makeFileSystem(disk, content, partitionSizeBytes, signal);
    await rename(disk, path);
    return { path, virtualSizeBytes, ...copied };
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

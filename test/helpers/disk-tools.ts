import { execFile } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { fullPath } from '../../setup/system-packages.mjs';
import type { GuestDisk } from '../../src/index.js';

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of the tools that make disks, some of which are not on everyone's PATH, to its end. */
export function runTool(program: string, args: readonly string[], input = ''): Promise<Outcome> {
  const env = { ...process.env, PATH: fullPath(), LC_ALL: 'C.UTF-8' };
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error === null) resolve({ status: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ status: error.code, stdout, stderr });
      else reject(error);
    });
    child.stdin?.on('error', () => {}).end(input);
  });
}

/** The same, where it must succeed. */
export async function useTool(program: string, args: readonly string[], input = ''): Promise<string> {
  const { status, stdout, stderr } = await runTool(program, args, input);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ends with ${status}: ${stdout}${stderr}`);
  return stdout;
}

/** Makes a file of zeros. */
export async function makeBlank(path: string, sizeBytes: number): Promise<string> {
  const handle = await open(path, 'w');
  await handle.truncate(sizeBytes);
  await handle.close();
  return path;
}

/** Makes a disk with the partitions of a script of sfdisk. */
export async function makePartitioned(path: string, sizeBytes: number, script: string): Promise<string> {
  await makeBlank(path, sizeBytes);
  await useTool('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', path], script);
  return path;
}

/** Puts the content of a file to its place on a disk, zeros left out. */
export async function placeFile(disk: string, offsetBytes: number, path: string): Promise<void> {
  const mebibyte = 2 ** 20;
  if (offsetBytes % mebibyte !== 0) throw new Error(`${offsetBytes} is not a whole number of MiB`);
  const copy = [`if=${path}`, `of=${disk}`, 'bs=1M', `seek=${offsetBytes / mebibyte}`];
  await useTool('dd', [...copy, 'conv=notrunc,sparse', 'status=none']);
}

/** What blkid finds; empty where it finds nothing. */
export async function blkid(path: string): Promise<ReadonlyMap<string, string>> {
  const { status, stdout, stderr } = await runTool('blkid', ['-p', '-o', 'export', path]);
  if (status !== 0 && status !== 2) throw new Error(`blkid ${path} ends with ${status}: ${stderr}`);
  const pairs = stdout.split('\n').map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1).replaceAll(/\\(.)/g, '$1')];
  });
  return new Map(pairs.filter(([key]) => key !== ''));
}

/** A disk in a file, which is closed at the end of the scope. */
export function fileDisk(path: string): GuestDisk & Disposable {
  const descriptor = openSync(path, 'r');
  return {
    sizeBytes: fstatSync(descriptor).size,
    read: (startBytes, target) => {
      const got = readSync(descriptor, target, 0, target.length, startBytes);
      if (got !== target.length)
        throw new Error(`${path}: ${got} of ${target.length} bytes at ${startBytes}`);
    },
    [Symbol.dispose]: () => closeSync(descriptor),
  };
}

import { readFile, rm } from 'node:fs/promises';
import { ForgeError } from '../../src/errors.js';
import type { Run } from '../record/record.js';
import { runProgram, type ShellOptions } from './shell.js';

/**
 * What `time -f '%U %S %M'` writes: seconds of user and of system time, and kibibytes of memory. The kernel has added up
 * the times of all processes that were waited for, and keeps the largest memory of any of them.
 *
 * @throws ForgeError when it is anything else
 */
export function parseUsage(text: string): { readonly cpuMs: number; readonly peakBytes: number } {
  const found = /^(\d+\.\d+) (\d+\.\d+) (\d+)$/.exec(text.trim());
  if (found === null) {
    throw new ForgeError(
      'IO_FAILED',
      `'${text.trim()}' is not what GNU time writes; install the package time`,
    );
  }
  const [user, system, kibibytes] = found.slice(1).map(Number) as [number, number, number];
  return { cpuMs: (user + system) * 1000, peakBytes: kibibytes * 1024 };
}

/** The same command line several times in one shell. */
function repeated(commandLine: string, repeats: number): string {
  if (repeats === 1) return commandLine;
  const turns = Array.from({ length: repeats }, (_, index) => index + 1).join(' ');
  return `for turn in ${turns}; do ${commandLine} || exit 1; done`;
}

/**
 * Runs a command line of the shell and measures it with all processes that it starts. `time` stands between us and the
 * shell, because a process begins with the memory of the one that forked it, and that is not to be counted.
 *
 * @param repeats how often it is run in a row; the result is the mean
 * @param usagePath where `time` may write
 */
export async function runTimed(
  commandLine: string,
  repeats: number,
  usagePath: string,
  options: ShellOptions,
): Promise<Run> {
  const shell = ['sh', '-c', repeated(commandLine, repeats)];
  const wallMs = await runProgram(['time', '-f', '%U %S %M', '-o', usagePath, ...shell], options);
  const { cpuMs, peakBytes } = parseUsage(await readFile(usagePath, 'utf8'));
  await rm(usagePath);
  return { wallMs: wallMs / repeats, cpuMs: cpuMs / repeats, peakBytes };
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs a program that must succeed and returns what it printed. */
export async function succeed(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(program, args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

export async function qemuImg(...args: string[]): Promise<string> {
  return await succeed('qemu-img', ...args);
}

/** The report of `qemu-img check`, which must be without a fault: neither corruptions nor leaks. */
export async function checkClean(path: string): Promise<void> {
  const report = JSON.parse(await qemuImg('check', '--output=json', '-f', 'qcow2', path)) as Record<
    string,
    number
  >;
  const faults = (report['corruptions'] ?? 0) + (report['leaks'] ?? 0) + (report['check-errors'] ?? 0);
  if (faults > 0) throw new Error(`qemu-img check finds faults in ${path}: ${JSON.stringify(report)}`);
}

/** Throws unless qemu-img finds the same guest bytes in both. */
export async function compareWithQemu(
  a: string,
  formatA: 'raw' | 'qcow2',
  b: string,
  formatB: 'raw' | 'qcow2',
): Promise<void> {
  await qemuImg('compare', '-f', formatA, '-F', formatB, a, b);
}

/** Writes with qemu-io: `write -P 0x11 0 64k`, `write -z 1M 64k`, `write -c ...`, `discard ...`. */
export async function qemuIo(path: string, format: 'raw' | 'qcow2', ...commands: string[]): Promise<void> {
  await succeed('qemu-io', '-f', format, ...commands.flatMap((command) => ['-c', command]), path);
}

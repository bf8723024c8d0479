import type { Readable } from 'node:stream';
import { type Ended, endOf, type RunOptions, startCli } from './cli.js';

// Far more than any of it needs, far less than what an attack would make it take. It is the time of the processors
// that counts: what passes besides is that of whatever else a machine has to do.
const mostProcessorMs = 20_000;
const mostMemoryMiB = 256;
// What waits for something that never comes takes no processor.
const hangsAfterMs = 120_000;

/** Runs the command line to its end. Throws where it takes long, or much memory. */
export async function runBounded(args: readonly string[], { cwd, env }: RunOptions = {}): Promise<Ended> {
  const preload = `--import=${new URL('./tell-cost.js', import.meta.url).href}`;
  const child = startCli(args, {
    cwd,
    env: { ...env, NODE_OPTIONS: preload },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), hangsAfterMs);
  let told = '';
  (child.stdio[3] as Readable).on('data', (text) => {
    told += text;
  });
  const ended = await endOf(child);
  clearTimeout(timer);
  if (ended.status === 'SIGKILL') throw new Error(`${args.join(' ')}: did not end`);
  const [peakKiB, processorMs] = told.split(' ').map(Number);
  const memoryMiB = Number(peakKiB) / 1024;
  if (!(Number(processorMs) < mostProcessorMs)) throw new Error(`${args.join(' ')}: took ${processorMs} ms`);
  if (!(memoryMiB > 0 && memoryMiB < mostMemoryMiB)) {
    throw new Error(`${args.join(' ')}: took ${memoryMiB} MiB`);
  }
  return ended;
}

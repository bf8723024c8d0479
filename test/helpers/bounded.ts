import type { Readable } from 'node:stream';
import { type Ended, endOf, type RunOptions, startCli } from './cli.js';

// Far more than any of it needs on a busy machine, far less than what an attack would make it take.
const mostMs = 20_000;
const mostMemoryMiB = 256;

/** Runs the command line to its end. Throws where it takes long, or much memory. */
export async function runBounded(args: readonly string[], { cwd, env }: RunOptions = {}): Promise<Ended> {
  const preload = `--import=${new URL('./tell-memory.js', import.meta.url).href}`;
  const startedMs = performance.now();
  const child = startCli(args, {
    cwd,
    env: { ...env, NODE_OPTIONS: preload },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), mostMs);
  let told = '';
  (child.stdio[3] as Readable).on('data', (text) => {
    told += text;
  });
  const ended = await endOf(child);
  clearTimeout(timer);
  const elapsedMs = performance.now() - startedMs;
  const memoryMiB = Number(told) / 1024;
  if (ended.status === 'SIGKILL' || elapsedMs > mostMs)
    throw new Error(`${args.join(' ')}: took ${elapsedMs} ms`);
  if (!(memoryMiB > 0 && memoryMiB < mostMemoryMiB)) {
    throw new Error(`${args.join(' ')}: took ${memoryMiB} MiB`);
  }
  return ended;
}

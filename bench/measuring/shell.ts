import { type ChildProcess, spawn } from 'node:child_process';
import { ForgeError } from '../../src/errors.js';

export interface ShellOptions {
  readonly folder: string;
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly signal: AbortSignal;
}

const patienceMs = 3000;

/** Ends a process and all that it started, which are a group of their own. */
function endGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // All of them have ended.
  }
}

/** Ends a process and all that it started when the signal comes, for as long as the scope lasts. */
function endOnAbort(child: ChildProcess, signal: AbortSignal): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    endGroup(child, 'SIGTERM');
    timer = setTimeout(() => endGroup(child, 'SIGKILL'), patienceMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}

/**
 * Runs a program to its end. When the signal comes, it and all that it started are ended first.
 *
 * @returns how long it took, in milliseconds
 * @throws ForgeError when it fails, with what it said; or the signal's reason
 */
export async function runProgram(
  [command = '', ...args]: readonly string[],
  { folder, environment, signal }: ShellOptions,
): Promise<number> {
  signal.throwIfAborted();
  const startedMs = performance.now();
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, LC_ALL: 'C', ...environment },
    // A group of its own can be ended as a whole, and the terminal's Ctrl-C reaches it through us alone.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  using _ = endOnAbort(child, signal);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(-4000);
  });
  let endedMs = startedMs;
  child.on('exit', () => {
    endedMs = performance.now();
  });
  // It is closed when all that have its error pipe open have ended.
  const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  signal.throwIfAborted();
  if (status !== 0) {
    const reason = complaint.trim().replaceAll(/\s*\n\s*/g, '; ') || `exit status ${status}`;
    throw new ForgeError('IO_FAILED', `'${args.at(-1)}' failed: ${reason}`);
  }
  return endedMs - startedMs;
}

/** A command line of bash, where a pipe fails when a part of it does, and a list at its first failure. */
export async function runShell(commandLine: string, options: ShellOptions): Promise<void> {
  await runProgram(['bash', '-e', '-o', 'pipefail', '-c', commandLine], options);
}

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The compiled command line: what `omiforge` runs. */
export const cliPath: string = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** How a process has ended, and all it said. */
export interface Ended {
  /** The exit status, or the name of the signal that ended it. */
  readonly status: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** What comes on standard input, which is closed then; nothing by default. */
  readonly input?: Uint8Array | undefined;
}

// AVA starts all tests of a file at once, and every one starts processes: more than this only wait for cores.
const mostAtOnce = 3;
let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}

/** Runs the command line to its end. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return run(process.execPath, [cliPath, ...args], options);
}

/** Runs a shell script in which `"$@"` is the command line: for pipes, limits and redirections. */
export function runInShell(
  script: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  return run('bash', ['-c', script, 'bash', process.execPath, cliPath, ...args], options);
}

/**
 * Runs the command line bound by the permissions of files, as root is not: without the capabilities to pass over
 * them. It stays the same user, who can still reach a clone in a home folder that is closed to others.
 */
export function runWithoutPrivileges(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  if (process.getuid?.() !== 0) return runCli(args, options);
  const dropped = '--bounding-set=-dac_override,-dac_read_search';
  return run('setpriv', [dropped, '--', process.execPath, cliPath, ...args], options);
}

function run(program: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  return inTurn(async () => {
    const { input = new Uint8Array(0), ...spawnOptions } = options;
    const child = spawn(program, args, settings({ ...spawnOptions, stdio: 'pipe' }));
    // A child that ends without reading all of it is no failure of the test.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    return await endOf(child);
  });
}

/** Starts the command line and leaves it running. */
export function startCli(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(process.execPath, [cliPath, ...args], settings({ stdio: 'pipe', ...options }));
}

function settings(options: SpawnOptions): SpawnOptions {
  // AVA colours its own output, and tells its children to.
  const { FORCE_COLOR: _, ...env } = { ...process.env, ...options.env };
  return { ...options, env };
}

/** Waits until a process has ended and all it said has come. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout?.on('data', (chunk) => chunks.stdout.push(chunk));
  child.stderr?.on('data', (chunk) => chunks.stderr.push(chunk));
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals];
  const stdoutBytes = Buffer.concat(chunks.stdout);
  const stderr = Buffer.concat(chunks.stderr).toString();
  return { status: status ?? signal, stdout: stdoutBytes.toString(), stdoutBytes, stderr };
}

import { spawn } from 'node:child_process';

/** A failure that is told to the user by its message alone, without a stack trace. */
export class SetupError extends Error {}

/** A command ended with a status other than 0. */
export class CommandFailed extends SetupError {
  /**
   * @param {string} commandLine
   * @param {string} ending how it ended
   * @param {string} output all that it printed
   */
  constructor(commandLine, ending, output) {
    super(`${output.trimEnd()}\n${commandLine}: ${ending}`);
    this.output = output;
  }
}

/** The user, or the system, stopped the run. */
export class Interrupted extends SetupError {
  constructor() {
    super('interrupted');
  }
}

/** @typedef {(command: string[], environment?: NodeJS.ProcessEnv) => Promise<void>} Run */

const stopSignals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Waits for a child, and keeps this process alive until the child has ended when a signal asks both to stop.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<{ status: number | null, signal: NodeJS.Signals | null, interrupted: boolean }>}
 */
export function ended(child) {
  let interrupted = false;
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    interrupted = true;
    // Ctrl-C on a terminal reaches the child without our help; a second one would make npm give up its cleaning.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => resolve({ status, signal, interrupted }));
  }).finally(() => {
    for (const signal of stopSignals) process.off(signal, onSignal);
  });
}

/**
 * Runs a command without a shell and without printing anything; its output is in the error when it fails.
 * @param {string} folder
 * @param {(pid: number) => void} onStart
 * @returns {Run}
 */
export function quietRunner(folder, onStart) {
  return async ([command = '', ...args], environment = process.env) => {
    const child = spawn(command, args, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) onStart(child.pid);
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    const commandLine = [command, ...args].join(' ');
    const end = await ended(child).catch((error) => {
      throw new CommandFailed(commandLine, error.message, '');
    });
    if (end.interrupted) throw new Interrupted();
    if (end.status === 0) return;
    const ending = end.signal === null ? `exit status ${end.status}` : `ended by ${end.signal}`;
    throw new CommandFailed(commandLine, ending, Buffer.concat(chunks).toString());
  };
}

import type { ExecutionContext } from 'ava';
import type { ErrorCode } from '../../src/errors.js';
import { type Ended, type RunOptions, runCli } from './cli.js';
import type { Folder } from './folder.js';
import { stateOf } from './folder-state.js';

export interface Refusal extends RunOptions {
  readonly code: ErrorCode;
  /** What the line must say besides: the file as the user named it, what was found, what to do. */
  readonly says?: RegExp;
  /** 1 by default. */
  readonly status?: number;
  /** Runs something else than the command line itself, such as a pipe that it is part of. */
  readonly run?: (args: readonly string[], options: RunOptions) => Promise<Ended>;
}

/**
 * Runs a command in a folder that must fail as a user wants it to fail: with its status, one line on stderr that
 * ends with the code, nothing on stdout, and every file in the folder as it was before.
 */
export async function assertRefused(
  t: ExecutionContext,
  folder: Folder,
  args: readonly string[],
  { code, says = /./, status = 1, run = runCli, ...options }: Refusal,
): Promise<void> {
  const before = await stateOf(folder.path);
  // Here too nothing may be left: it is where a content that is needed twice is kept meanwhile.
  const env = { TMPDIR: folder.path, ...options.env };
  const ended = await run(args, { cwd: folder.path, ...options, env });
  assertOneLine(t, ended.stderr, code);
  t.regex(ended.stderr, says);
  t.is(ended.status, status);
  t.is(ended.stdout, '');
  t.deepEqual(await stateOf(folder.path), before);
}

/** One line for a person: an operation, a message, a code; no trace of a stack, no temporary name. */
export function assertOneLine(t: ExecutionContext, stderr: string, code: ErrorCode): void {
  t.regex(stderr, /^error: [^\n]+ \[[A-Z0-9_]+\]\n$/);
  t.true(stderr.endsWith(`[${code}]\n`), stderr);
  t.notRegex(stderr, /\n.*\n|\bat .*\.js:\d+|\.part\b|omiforge-spill|undefined|\[object/);
}

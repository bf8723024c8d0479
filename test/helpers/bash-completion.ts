import { spawn } from 'node:child_process';
import { endOf } from './cli.js';

export interface Completed {
  readonly replies: readonly string[];
  /** How the function has changed what bash does with its replies: `+o default` leaves out names of files. */
  readonly settings: readonly string[];
}

// bash has compopt only while it completes; what is in its place here tells what it was called with.
const driver = `
compopt() { settings+=("$*"); }
. "$1" || exit
shift
settings=() COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
eval "$(complete -p omiforge | sed -nE 's/.* -F ([^ ]+) .*/\\1/p')"
for reply in "\${COMPREPLY[@]}"; do printf 'reply %s\\n' "$reply"; done
for setting in "\${settings[@]}"; do printf 'setting %s\\n' "$setting"; done
`;

/** What bash completes the last word to, with the script in this file and nothing else. */
export async function completeInBash(
  script: string,
  words: readonly string[],
  cwd?: string,
): Promise<Completed> {
  const args = ['--norc', '--noprofile', '-c', driver, 'bash', script, 'omiforge', ...words];
  const { status, stdout, stderr } = await endOf(spawn('bash', args, { cwd }));
  if (status !== 0 || stderr !== '') throw new Error(`bash ended with ${status}: ${stderr}`);
  const lines = stdout.split('\n');
  const behind = (label: string) =>
    lines.filter((line) => line.startsWith(label)).map((line) => line.slice(label.length));
  return { replies: behind('reply '), settings: behind('setting ') };
}

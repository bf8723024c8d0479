import type { Command } from 'commander';

/**
 * The arguments, where `help manifest create` is `manifest create --help`: commander takes one name behind `help` and
 * leaves out the others. A name that is none is left to the command that does not know it.
 */
export function helpAsked(program: Command, args: readonly string[]): readonly string[] {
  const [first, ...names] = args;
  if (first !== 'help' || names.length === 0 || names.some((name) => name.startsWith('-'))) return args;
  let command = program;
  for (const [index, name] of names.entries()) {
    const child = command.commands.find((candidate) => candidate.name() === name);
    // Whatever stands behind the last command is nothing to run it with.
    if (child === undefined) {
      return command.commands.length > 0 ? names.slice(0, index + 1) : [...names.slice(0, index), '--help'];
    }
    command = child;
  }
  return [...names, '--help'];
}

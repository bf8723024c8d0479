import type { ArgumentDescription, CommandDescription, OptionDescription } from '../manual/description.js';

/** Where a command line is once its commands are typed, and what can come there. */
export interface Place {
  /** The commands behind the program, such as `manifest create`; empty for the program alone. */
  readonly path: string;
  readonly commands: ReadonlyArray<{ readonly name: string; readonly description: string }>;
  readonly options: readonly OptionDescription[];
  readonly arguments: readonly ArgumentDescription[];
}

const helpCommand = { name: 'help', description: 'display help for command' };

/** All places of the program, itself first, with those of its command `help`. */
export function placesOf(program: CommandDescription): readonly Place[] {
  return [...placesBelow(program), ...program.commands.flatMap(helpPlaces)];
}

/** A command that has others has `help` as well, behind which come their names alone. */
function placesBelow(command: CommandDescription): readonly Place[] {
  const { options, arguments: operands } = command;
  const commands = commandsOf(command);
  const path = pathOf(command);
  if (commands.length === 0) return [{ path, commands, options, arguments: operands }];
  return [
    { path, commands: [...commands, helpCommand], options, arguments: operands },
    ...command.commands.flatMap(placesBelow),
    { path: `${path} ${helpCommand.name}`.trimStart(), commands, options: [], arguments: [] },
  ];
}

/** Behind the program's own `help` come the names of commands within others, too. */
function helpPlaces(command: CommandDescription): readonly Place[] {
  const commands = commandsOf(command);
  if (commands.length === 0) return [];
  const path = `${helpCommand.name} ${pathOf(command)}`;
  return [{ path, commands, options: [], arguments: [] }, ...command.commands.flatMap(helpPlaces)];
}

function pathOf({ names }: CommandDescription): string {
  return names.slice(1).join(' ');
}

function commandsOf({ commands }: CommandDescription): Place['commands'] {
  return commands.map(({ names, description }) => ({
    name: names.at(-1) ?? '',
    description: briefly(description),
  }));
}

/** What of a description fits into a list on a terminal: it goes on behind a semicolon. One line in any case. */
export function briefly(description: string): string {
  return (description.split('; ', 1)[0] ?? '').replace(/\s+/g, ' ').trim();
}

/** The words of an option: `-f`, `--format`. */
export function wordsOf({ short, long }: OptionDescription): readonly string[] {
  return [short, long].filter((word) => word !== undefined);
}

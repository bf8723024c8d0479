import type { Argument, Command, Option } from 'commander';
import { type HelpText, parseHelpText } from './help-text.js';

/** What can be typed for an argument or as the value of an option. */
export interface ValueDescription {
  /** As the help calls it, without brackets: `fmt`, `id|name`. */
  readonly name: string;
  /** `text` is all that a shell cannot know. */
  readonly kind: 'choice' | 'file' | 'folder' | 'text';
  /** What there is to choose from; empty for all other kinds. */
  readonly choices: readonly string[];
}

export interface ArgumentDescription extends ValueDescription {
  readonly description: string;
  readonly isRequired: boolean;
  /** One or more, where it is required too. */
  readonly isVariadic: boolean;
  /** As commander knows it; most descriptions have it in their words. */
  readonly defaultText: string | undefined;
}

export interface OptionDescription {
  /** As the help has them: `-f, --format <fmt>`. */
  readonly flags: string;
  /** With its hyphen, as `long` with its two. */
  readonly short: string | undefined;
  readonly long: string | undefined;
  readonly description: string;
  /** undefined where it takes none. */
  readonly value: ValueDescription | undefined;
  readonly isValueOptional: boolean;
  readonly isMandatory: boolean;
  readonly isRepeatable: boolean;
  /** As commander knows it; most descriptions have it in their words. */
  readonly defaultText: string | undefined;
}

/** A command with all below it, as its help describes it. */
export interface CommandDescription {
  /** From the program on, such as omiforge, manifest, create. */
  readonly names: readonly string[];
  readonly description: string;
  readonly arguments: readonly ArgumentDescription[];
  /** With the one that shows the help. */
  readonly options: readonly OptionDescription[];
  /** Without the command `help`, which is commander's own. */
  readonly commands: readonly CommandDescription[];
  readonly help: HelpText;
}

/**
 * The command tree as data: what its help says of it, for all who say it in another form. Hidden commands and options
 * are left out.
 */
export function describeProgram(program: Command): CommandDescription {
  return describeCommand(program, [program.name()]);
}

function describeCommand(command: Command, names: readonly string[]): CommandDescription {
  const helper = command.createHelp();
  const children = helper.visibleCommands(command).filter((child) => command.commands.includes(child));
  return {
    names,
    description: helper.commandDescription(command),
    arguments: command.registeredArguments.map(describeArgument),
    options: helper.visibleOptions(command).map(describeOption),
    commands: children.map((child) => describeCommand(child, [...names, child.name()])),
    help: parseHelpText(textBehindOptions(command)),
  };
}

/** Commander does not give out the text that was added to a help, but writes it where it is told to. */
function textBehindOptions(command: Command): string {
  const configuration = command.configureOutput();
  const written: string[] = [];
  command.configureOutput({ writeOut: (text) => void written.push(text) });
  try {
    command.outputHelp();
    return written.slice(written.indexOf(command.helpInformation()) + 1).join('');
  } finally {
    command.configureOutput(configuration);
  }
}

function describeArgument(argument: Argument): ArgumentDescription {
  const { description, required, variadic, argChoices = [] } = argument;
  return {
    name: argument.name(),
    kind: argChoices.length > 0 ? 'choice' : (kinds.get(argument.name()) ?? 'file'),
    choices: argChoices,
    description,
    isRequired: required,
    isVariadic: variadic,
    defaultText: textOf(argument.defaultValue, argument.defaultValueDescription),
  };
}

function describeOption(option: Option): OptionDescription {
  const { flags, short, long, description, variadic } = option;
  return {
    flags,
    short,
    long,
    description,
    value: describeValue(option),
    isValueOptional: option.optional,
    isMandatory: option.mandatory,
    // Commander has no property for what a parser gathers, so the words have to say it.
    isRepeatable: variadic || /\b(?:may be repeated|once per)\b/.test(description),
    defaultText: textOf(option.defaultValue, option.defaultValueDescription),
  };
}

/** What values of these names are; with any other, an argument is a file, and the value of an option is text. */
const kinds: ReadonlyMap<string, ValueDescription['kind']> = new Map([
  ['file', 'file'],
  ['path', 'file'],
  ['image', 'file'],
  ['manifest', 'file'],
  ['plan', 'file'],
  ['dir', 'folder'],
  ['address', 'text'],
  ['name', 'text'],
  ['url', 'text'],
]);

function describeValue({ flags, argChoices = [] }: Option): ValueDescription | undefined {
  const [, name] = /[<[]([^>\]]+?)(?:\.{3})?[>\]]$/.exec(flags) ?? [];
  if (name === undefined) return undefined;
  const kind = argChoices.length > 0 ? 'choice' : (kinds.get(name) ?? 'text');
  return { name, kind, choices: argChoices };
}

function textOf(value: unknown, description: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return description ?? (typeof value === 'string' ? value : JSON.stringify(value));
}

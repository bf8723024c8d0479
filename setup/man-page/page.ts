import type { CommandDescription, OptionDescription } from '../../src/cli/manual/description.js';
import type { Example, ExitStatusGroup, HelpBlock } from '../../src/cli/manual/help-text.js';
import { folded } from './folded.js';
import { argument, literal, prose, styled } from './roff.js';
import { environment, files, type Surrounding, seeAlso } from './surroundings.js';

/** One page for the program and all its commands, of the same bytes whenever it is made. */
export function manualPage(program: CommandDescription, version: string): string {
  const [name = ''] = program.names;
  const leaves = leavesOf(program);
  return lines(
    '.\\" Made from the help of the commands.',
    // The package has no date of its own.
    `.TH ${argument(name.toUpperCase())} 1 "" ${argument(`${name} ${version}`)} ${argument(`${name} manual`)}`,
    // A hyphen at the end of a line would look like one of an option.
    '.nr HY 0',
    '.nh',
    '.ad l',
    '.SH NAME',
    `${literal(name)} \\- ${prose(asPhrase(program.description))}`,
    '.SH SYNOPSIS',
    '.nf',
    ...leaves.map(synopsis),
    '.fi',
    '.SH DESCRIPTION',
    prose(program.description),
    paragraphs(program.help.blocks),
    '.SH OPTIONS',
    ...program.options.map((option) => optionEntry(option, new Set())),
    '.SH COMMANDS',
    ...describedOf(program).map(commandSection),
    '.SH ENVIRONMENT',
    ...environment.map(surroundingEntry),
    '.SH FILES',
    ...files.map(surroundingEntry),
    '.SH EXIT STATUS',
    exitStatusText(program.help.exitStatus),
    '.SH EXAMPLES',
    examplesText(program.help.examples),
    '.SH SEE ALSO',
    seeAlso.map((name) => `.BR ${literal(name)} (1)`).join(',\n'),
  );
}

function lines(...parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

function block(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n');
}

/** The commands that can be called, in the order of the help. */
function leavesOf(command: CommandDescription): readonly CommandDescription[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

/** The same with those groups of commands that have something to say. */
function describedOf({ commands }: CommandDescription): readonly CommandDescription[] {
  return commands.flatMap((command) =>
    command.commands.length > 0 && command.help.blocks.length === 0
      ? describedOf(command)
      : [command, ...describedOf(command)],
  );
}

/** `Turns disks into images.` as what stands behind a name. */
function asPhrase(sentence: string): string {
  return sentence.slice(0, 1).toLowerCase() + sentence.slice(1).replace(/\.$/, '');
}

function asSentence(phrase: string): string {
  return `${phrase.slice(0, 1).toUpperCase()}${phrase.slice(1)}.`.replace(/\.\.$/, '.');
}

function synopsis(command: CommandDescription): string {
  const mandatory = command.options
    .filter(({ isMandatory }) => isMandatory)
    .map((option) => optionTerm({ ...option, short: option.long === undefined ? option.short : undefined }));
  const optional = command.options.length > mandatory.length ? [`[${styled('italic', 'OPTION')}]...`] : [];
  const operands = command.arguments.map(({ name, isRequired, isVariadic }) => {
    const operand = `${styled('italic', name.toUpperCase())}${isVariadic ? '...' : ''}`;
    return isRequired ? operand : `[${operand}]`;
  });
  const below = command.commands.length > 0 ? [styled('italic', 'COMMAND')] : [];
  const words = [styled('bold', command.names.join(' ')), ...mandatory, ...optional, ...operands, ...below];
  return words.join(' ');
}

function commandSection(command: CommandDescription): string {
  const { names, description, options, help } = command;
  const valueNames = valueNamesOf(command);
  return block(
    `.SS ${argument(names.join(' '))}`,
    synopsis(command),
    '.PP',
    prose(asSentence(description), valueNames),
    paragraphs(help.blocks, valueNames),
    ...command.arguments.map((operand) => operandEntry(operand, valueNames)),
    ...options.filter(({ long }) => long !== '--help').map((option) => optionEntry(option, valueNames)),
    ...help.exitStatus.map(exitStatusLine),
    help.examples.length === 0 ? '' : '.PP\nExamples:',
    examplesText(help.examples),
  );
}

/** What the texts of a command write in capitals. */
function valueNamesOf({ arguments: operands, options }: CommandDescription): ReadonlySet<string> {
  const values = [...operands, ...options.flatMap(({ value }) => (value === undefined ? [] : [value]))];
  return new Set(values.flatMap(({ name }) => name.toUpperCase().split('|')));
}

function operandEntry(
  operand: CommandDescription['arguments'][number],
  valueNames: ReadonlySet<string>,
): string {
  const { name, description, choices, defaultText } = operand;
  return entry(
    styled('italic', name.toUpperCase()),
    prose(`${description}${extras(choices, defaultText)}`, valueNames),
  );
}

function optionEntry(option: OptionDescription, valueNames: ReadonlySet<string>): string {
  const { description, value, isMandatory, defaultText } = option;
  const required = isMandatory ? '; required' : '';
  return entry(
    optionTerm(option),
    prose(`${description}${required}${extras(value?.choices ?? [], defaultText)}`, valueNames),
  );
}

function extras(choices: readonly string[], defaultText: string | undefined): string {
  const list = choices.length === 0 ? '' : `; one of ${choices.join(', ')}`;
  return `${list}${defaultText === undefined ? '' : ` (default: ${defaultText})`}`;
}

function optionTerm({ short, long, value, isValueOptional }: OptionDescription): string {
  const words = [short, long].flatMap((word) => (word === undefined ? [] : [styled('bold', word)]));
  if (value === undefined) return words.join(', ');
  const name = styled('italic', value.name.toUpperCase());
  return `${words.join(', ')} ${isValueOptional ? `[${name}]` : name}`;
}

function entry(term: string, text: string): string {
  return block('.TP', term, text);
}

function surroundingEntry({ names, text }: Surrounding): string {
  return entry(names.map((name) => styled('bold', name)).join(', '), prose(text));
}

function paragraphs(blocks: readonly HelpBlock[], valueNames?: ReadonlySet<string>): string {
  return block(
    ...blocks.flatMap((part) =>
      part.kind === 'prose' ? ['.PP', prose(part.text, valueNames)] : ['.PP', verbatim(part.lines)],
    ),
  );
}

/** All of a command in one sentence. */
function exitStatusLine({ statuses }: ExitStatusGroup): string {
  const meanings = statuses.map(({ status, meaning }) => `${styled('bold', `${status}`)} ${prose(meaning)}`);
  const hasCommas = statuses.some(({ meaning }) => meaning.includes(','));
  return block('.PP', `Exit status: ${meanings.join(hasCommas ? '; ' : ', ')}.`);
}

function exitStatusText(groups: readonly ExitStatusGroup[]): string {
  return block(
    ...groups.flatMap(({ of, statuses }) => [
      of === undefined ? '' : `.PP\nFor ${styled('bold', of)}:`,
      ...statuses.map(({ status, meaning }) => entry(`${status}`, prose(meaning))),
    ]),
  );
}

function examplesText(examples: readonly Example[]): string {
  return block(
    ...examples.flatMap(({ title, commands }) => [
      title === undefined ? '' : `.PP\n${prose(title)}:`,
      verbatim(commands.flatMap((command) => `$ ${folded(command)}`.split('\n'))),
    ]),
  );
}

function verbatim(texts: readonly string[]): string {
  return block('.RS 4', '.EX', ...texts.map(literal), '.EE', '.RE');
}

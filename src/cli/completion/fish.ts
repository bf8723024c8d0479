import type { OptionDescription, ValueDescription } from '../manual/description.js';
import { briefly, type Place } from './places.js';

/** The completion for fish. */
export function fishCompletion(name: string, places: readonly Place[]): string {
  const paths = places.map(({ path }) => path).filter((path) => path !== '');
  const leaves = places
    .flatMap(({ path, commands }) => commands.map((command) => `${path} ${command.name}`.trimStart()))
    .filter((path) => !paths.includes(path));
  return `# Completes the command lines of ${name} in fish.

function __${name}_at --description 'Whether the commands of the line are these'
    set -l place ''
    set -l tokens (commandline -opc)
    set -e tokens[1]
    for token in $tokens
        string match -q -- '-*' $token; and continue
        set -l longer (string trim -- "$place $token")
        contains -- $longer ${[...paths, ...leaves].map(quoted).join(' ')}; or break
        set place $longer
    end
    test "$place" = "$argv[1]"
end

complete -c ${name} -f
${places.flatMap((place) => linesOf(name, place)).join('\n')}
`;
}

function linesOf(name: string, { path, commands, options, arguments: operands }: Place): readonly string[] {
  const start = `complete -c ${name} -n ${quoted(`__${name}_at ${quoted(path)}`)}`;
  const values = operands.map(wanted).filter((flags) => flags !== '-x');
  return [
    ...commands.map(
      (command) => `${start} -a ${quoted(word(command.name))} -d ${quoted(command.description)}`,
    ),
    ...options.map((option) => `${start} ${optionFlags(option)} -d ${quoted(briefly(option.description))}`),
    ...[...new Set(values)].map((flags) => `${start} ${flags.replace(/^-r /, '')}`),
  ];
}

function optionFlags({ short, long, value, isValueOptional }: OptionDescription): string {
  const names = [
    ...(short === undefined ? [] : [`-s ${quoted(short.slice(1))}`]),
    ...(long === undefined ? [] : [`-l ${quoted(long.slice(2))}`]),
  ];
  if (value === undefined) return names.join(' ');
  const flags = wanted(value);
  return [...names, isValueOptional ? flags.replace(/^-[rx] ?/, '') : flags].join(' ').trimEnd();
}

/** What a value is: `-x` is for one that is no file, `-r` for one. */
function wanted({ kind, choices }: ValueDescription): string {
  if (kind === 'choice') return `-x -a ${quoted(choices.map(word).join(' '))}`;
  if (kind === 'file') return '-r -F';
  return kind === 'folder' ? "-x -a '(__fish_complete_directories)'" : '-x';
}

/** A word of a list, which fish expands once more. */
function word(text: string): string {
  return /^[\w.+/@-]+$/.test(text) ? text : quoted(text);
}

/** One word that fish takes as it is. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

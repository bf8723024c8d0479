import type { ArgumentDescription, OptionDescription, ValueDescription } from '../manual/description.js';
import { briefly, type Place, wordsOf } from './places.js';

/** The completion for zsh: to be found as `_omiforge` in a folder of `fpath`, or to be sourced behind `compinit`. */
export function zshCompletion(name: string, places: readonly Place[]): string {
  return `#compdef ${name}
# Completes the command lines of ${name} in zsh.

${places.map((place) => placeFunction(name, place)).join('\n')}
if [[ \${funcstack[1]} == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function placeFunction(name: string, place: Place): string {
  const { options, commands } = place;
  const own = functionName(name, place.path);
  const specs = [
    ...options.map(optionSpec),
    ...(commands.length > 0
      ? [quoted(`:command:${own}_commands`), quoted('*::: :->below')]
      : place.arguments.map(argumentSpec)),
  ];
  const lines = ['_arguments -s -S -C', ...specs.map((spec) => `    ${spec}`)].join(' \\\n');
  const below = commands.length === 0 ? '' : belowBranch(name, place);
  return `${commands.length > 0 ? commandsFunction(own, commands) : ''}${own}() {
  local context curcontext="$curcontext" state line
  typeset -A opt_args
  ${lines}
${below}}
`;
}

/** \`*:::\` leaves of the words those behind the command, which takes its place as the first again. */
function belowBranch(name: string, { path, commands }: Place): string {
  const called = commands.map((command) => {
    const own = functionName(name, `${path} ${command.name}`.trimStart());
    // Behind the last name that help takes comes nothing.
    return `      ${quoted(command.name)}) (( $+functions[${own}] )) && ${own} ;;`;
  });
  return `  if [[ $state == below ]]; then
    words=($line[1] "\${words[@]}")
    (( CURRENT += 1 ))
    curcontext="\${curcontext%:*:*}:${[name, ...path.split(' ').filter(Boolean)].join('-')}-$line[1]:"
    case $line[1] in
${called.join('\n')}
    esac
  fi
`;
}

function commandsFunction(own: string, commands: Place['commands']): string {
  const entries = commands.map(({ name, description }) => `    ${quoted(`${name}:${escaped(description)}`)}`);
  return `${own}_commands() {
  local -a commands
  commands=(
${entries.join('\n')}
  )
  _describe -t commands command commands "$@"
}

`;
}

/** `manifest create` is `_omiforge__manifest__create`. */
function functionName(name: string, path: string): string {
  return `_${[name, ...path.split(' ').filter(Boolean)].join('__')}`;
}

/** `(-f --format)-f+[...]:fmt:(raw qcow2)`, for each word of an option; the others of it are of no more use then. */
function optionSpec(option: OptionDescription): string {
  const words = wordsOf(option);
  const isLast = option.value === undefined && words.some((word) => ['--help', '--version'].includes(word));
  const excluded = isLast ? '(- : *)' : option.isRepeatable ? '*' : `(${words.join(' ')})`;
  const message = `[${escaped(briefly(option.description))}]`;
  const value = option.value === undefined ? '' : `:${escaped(option.value.name)}:${action(option.value)}`;
  return words
    .map((word) => {
      const takes = option.value === undefined ? '' : word.startsWith('--') ? '=' : '+';
      return quoted(`${excluded}${word}${takes}${message}${value}`);
    })
    .join(' ');
}

function argumentSpec(argument: ArgumentDescription): string {
  const position = argument.isVariadic ? '*' : argument.isRequired ? '' : ':';
  return quoted(`${position}:${escaped(argument.name)}:${action(argument)}`);
}

function action({ kind, choices }: ValueDescription): string {
  if (kind === 'choice')
    return `(${choices.map((choice) => choice.replace(/[^\w.+/@-]/g, '\\$&')).join(' ')})`;
  if (kind === 'file') return '_files';
  // What nobody can list is asked for by its name.
  return kind === 'folder' ? '_files -/' : ' ';
}

/** Text within a specification, where brackets and colons end its parts. */
function escaped(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&');
}

/** One word that zsh takes as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

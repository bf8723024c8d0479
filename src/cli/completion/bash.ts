import type { ValueDescription } from '../manual/description.js';
import { type Place, wordsOf } from './places.js';

/**
 * The completion for bash, from 3.2 on, as macOS has it. It needs no other script. No word of it is ever expanded: bash
 * would run what a list for `compgen -W` has in `$(...)`.
 */
export function bashCompletion(name: string, places: readonly Place[]): string {
  return `# Completes the command lines of ${name} in bash.

# What can be typed where the command line is.
_${name}_place() {
  commands=() options=()
  case $1 in
${places.map(placeBranch).join('\n')}
  esac
}

# What an argument (#0, #1, #* for all others) or the value of an option of a command is.
_${name}_value() {
  kind='' choices=()
  case $1 in
${places.flatMap(valueBranches).join('\n')}
  esac
  [[ -n $kind ]]
}
${walking.replaceAll('NAME', name)}`;
}

const walking = `
_NAME() {
  local current=\${COMP_WORDS[COMP_CWORD]} place='' awaited='' over='' prefix='' count=0 kind='' word index
  local -a commands options choices
  COMPREPLY=()
  _NAME_place ''
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ -n $awaited ]]; then
      # bash makes words of their own of = and : in most places.
      [[ $word == '=' ]] || awaited=''
    elif [[ $word == ':' ]]; then
      count=$((count - 1))
    elif [[ -n $over ]]; then
      count=$((count + 1))
    elif [[ $word == '--' ]]; then
      over=1
    elif [[ $word == -?* ]]; then
      if _NAME_value "$place $word"; then awaited="$place $word"; fi
    elif [[ $count == 0 && -n $word && " \${commands[*]} " == *" $word "* ]]; then
      place="\${place:+$place }$word"
      _NAME_place "$place"
    else
      count=$((count + 1))
    fi
  done

  if [[ -z $awaited && -z $over && $current == --*=* ]]; then
    prefix="\${current%%=*}="
    awaited="$place \${current%%=*}"
    current=\${current#*=}
  elif [[ -n $awaited && $current == '=' ]]; then
    current=''
  fi

  if [[ -n $awaited ]]; then
    _NAME_value "$awaited"
  elif [[ -z $over && $current == -* ]]; then
    kind=choice choices=("\${options[@]}")
  elif [[ $count == 0 && \${#commands[@]} -gt 0 ]]; then
    kind=choice choices=("\${commands[@]}")
  else
    _NAME_value "$place #$count" || _NAME_value "$place #*"
  fi

  # Where nothing is replied, Readline completes the names of files.
  case $kind in
    file) ;;
    folder) compopt -o dirnames +o default 2>/dev/null ;;
    *)
      for word in "\${choices[@]}"; do
        if [[ $word == "$current"* ]]; then COMPREPLY+=("$prefix$word"); fi
      done
      compopt +o default 2>/dev/null
      ;;
  esac
  return 0
}

complete -o default -F _NAME NAME
`;

function placeBranch({ path, commands, options }: Place): string {
  const names = commands.map((command) => command.name);
  return `    ${quoted(path)})
      commands=(${names.map(quoted).join(' ')})
      options=(${options.flatMap(wordsOf).map(quoted).join(' ')})
      ;;`;
}

function valueBranches({ path, options, arguments: operands }: Place): readonly string[] {
  return [
    ...options.flatMap((option) =>
      option.value === undefined ? [] : [valueBranch(path, wordsOf(option), option.value)],
    ),
    ...operands.map((operand, index) =>
      valueBranch(path, [operand.isVariadic ? '#*' : `#${index}`], operand),
    ),
  ];
}

function valueBranch(path: string, keys: readonly string[], { kind, choices }: ValueDescription): string {
  const patterns = keys.map((key) => quoted(`${path} ${key}`)).join(' | ');
  const list = choices.length > 0 ? ` choices=(${choices.map(quoted).join(' ')})` : '';
  return `    ${patterns}) kind=${kind}${list} ;;`;
}

/** One word that bash takes as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

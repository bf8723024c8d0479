import type { CommandDescription } from '../manual/description.js';
import { bashCompletion } from './bash.js';
import { fishCompletion } from './fish.js';
import { placesOf } from './places.js';
import { zshCompletion } from './zsh.js';

/** The shells for which there is a script. */
export type ShellName = 'bash' | 'zsh' | 'fish';

const makers = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** The script that completes the command lines of a program in a shell, without ever starting the program. */
export function completionScript(shell: ShellName, program: CommandDescription): string {
  const [name = ''] = program.names;
  return makers[shell](name, placesOf(program));
}

import { Argument, Command } from 'commander';
import type { ShellName } from '../completion/script.js';
import { printText } from '../output.js';

const shellNames: readonly ShellName[] = ['bash', 'zsh', 'fish'];

const help = `
The script knows all commands, options and choices of this version, and starts nothing while you type. Make it again
after an update.

Exit status: 0 done, 1 failed, 2 bad usage.

Examples:
  bash with the package bash-completion, from the next shell on:
    $ mkdir -p ~/.local/share/bash-completion/completions
    $ omiforge completion bash > ~/.local/share/bash-completion/completions/omiforge

  bash without it:
    $ omiforge completion bash > ~/.omiforge-completion.bash
    $ echo '. ~/.omiforge-completion.bash' >> ~/.bashrc

  zsh, where ~/.zshrc has fpath=(~/.zsh/completions $fpath) before it calls compinit:
    $ mkdir -p ~/.zsh/completions
    $ omiforge completion zsh > ~/.zsh/completions/_omiforge

  fish, at once:
    $ mkdir -p ~/.config/fish/completions
    $ omiforge completion fish > ~/.config/fish/completions/omiforge.fish

  In this shell only, to try it, in bash and zsh, and in fish:
    $ eval "$(omiforge completion bash)"
    $ eval "$(omiforge completion zsh)"
    $ omiforge completion fish | source
`;

/** `omiforge completion SHELL`. @param createProgram makes all commands that there are */
export function completionCommand(createProgram: () => Promise<Command>): Command {
  return new Command('completion')
    .description('print a script that completes command lines in a shell')
    .addArgument(new Argument('<shell>', 'shell to complete in').choices(shellNames))
    .addHelpText('after', help)
    .action((shell: ShellName) => run(shell, createProgram));
}

async function run(shell: ShellName, createProgram: () => Promise<Command>): Promise<void> {
  const [program, { describeProgram }, { completionScript }] = await Promise.all([
    createProgram(),
    import('../manual/description.js'),
    import('../completion/script.js'),
  ]);
  printText(completionScript(shell, describeProgram(program)));
}

import { Command, CommanderError } from 'commander';
import { withoutSignatures } from '../cloud/redact-url.js';
import { type ForgeError, toForgeError } from '../errors.js';
import { printable } from '../printable.js';
import { helpAsked } from './help-asked.js';
import { abortOnSignals } from './interruption.js';
import { printError, printNote, resultsWritten, surviveFailingStreams } from './output.js';
import { failUnlessOver } from './unfinished.js';
import { version } from './version.js';

const exitStatus = { failed: 1, usage: 2, interrupted: 130 };

const help = `
An image is raw, qcow2, raw.gz or qcow2.gz. Results go to standard output, all else to standard error. A failure is one
line that says what was found and what to do. 'omiforge help convert' tells all of a command.

Exit status: 0 done, 1 failed, 2 bad usage, 130 interrupted; compare: 0 identical, 1 different, 2 could not compare;
check: 0 clean, 2 corrupt, 3 leaks, 1 could not check.

Examples:
  $ omiforge convert --verify disk.raw disk.qcow2.gz
  $ omiforge info disk.qcow2.gz
  $ omiforge map disk.qcow2
  $ omiforge compare disk.raw disk.qcow2.gz
  $ omiforge digest disk.raw disk.qcow2.gz
  $ omiforge check disk.qcow2
  $ omiforge prepare plan.yaml --verify -o prepared
  $ omiforge manifest create --name my-image --bucket my-bucket -o manifest.json disk.qcow2.gz
  $ omiforge presign s3://my-bucket/disk.qcow2.gz
  $ omiforge manifest validate manifest.json
  $ omiforge bench disk.qcow2
  $ omiforge doctor
  $ omiforge completion bash
`;

type MakeCommand = (signal: AbortSignal) => Promise<Command>;

/** The commands in the order of the help. Each is loaded when it is called, as loading all takes longer than most. */
const commands: Readonly<Record<string, MakeCommand>> = {
  convert: async (signal) => (await import('./commands/convert.js')).convertCommand(signal),
  info: async (signal) => (await import('./commands/info.js')).infoCommand(signal),
  map: async (signal) => (await import('./commands/map.js')).mapCommand(signal),
  compare: async (signal) => (await import('./commands/compare.js')).compareCommand(signal),
  digest: async (signal) => (await import('./commands/digest.js')).digestCommand(signal),
  check: async (signal) => (await import('./commands/check.js')).checkCommand(signal),
  prepare: async (signal) => (await import('./commands/prepare.js')).prepareCommand(signal),
  verify: async (signal) => (await import('./commands/verify.js')).verifyCommand(signal),
  manifest: async (signal) => (await import('./commands/manifest.js')).manifestCommand(signal),
  presign: async () => (await import('./commands/presign.js')).presignCommand(),
  bench: async (signal) => (await import('./commands/bench.js')).benchCommand(signal),
  doctor: async (signal) => (await import('./commands/doctor.js')).doctorCommand(signal),
  completion: async (signal) =>
    (await import('./commands/completion.js')).completionCommand(() => createProgram('', signal)),
};

/** The program with the command that is called alone, or with all where none is called by its name. */
export async function createProgram(called: string, signal: AbortSignal): Promise<Command> {
  const program = new Command('omiforge')
    .description('Turns disk images into what the OUTSCALE cloud imports.')
    .version(version)
    .addHelpText('after', help);
  const makers = Object.hasOwn(commands, called) ? [commands[called]] : Object.values(commands);
  for (const make of makers) {
    if (make !== undefined) program.addCommand(await make(signal));
  }
  takeOverExits(program);
  return program;
}

/** Commands throw instead of ending the process, and say what is wrong in one line. */
function takeOverExits(command: Command, names: readonly string[] = []): void {
  command.exitOverride();
  command.configureOutput({
    outputError: (text, write) => write(`error: ${usageLine(text, names)}\n`),
  });
  for (const child of command.commands) takeOverExits(child, [...names, child.name()]);
}

/** Commander's message in the form of all others: operation, what was found, what to do, code. */
function usageLine(text: string, names: readonly string[]): string {
  const message = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .replace(/\n(?=\(Did you mean)/, ' ');
  const place = names.length === 0 ? '' : `${names.join(' ')}: `;
  const line = `${place}${message}; see '${['omiforge', ...names].join(' ')} --help' [ARGUMENT_INVALID]`;
  return withoutSignatures(printable(line));
}

/** Such as "manifest create". */
function nameOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`;
}

async function statusOf(error: ForgeError, operation: string): Promise<number> {
  if (operation === 'compare') return 2;
  if (operation === 'check') return (await import('./commands/check.js')).statusOfFailedCheck(error);
  return error.code === 'ARGUMENT_INVALID' ? exitStatus.usage : exitStatus.failed;
}

/** The command line, from its arguments to its exit status. */
export async function main(): Promise<void> {
  const signal = abortOnSignals();
  surviveFailingStreams();
  const args = process.argv.slice(2);
  let operation = (args[0] === 'help' ? args[1] : args[0]) ?? '';
  const isOver = failUnlessOver(() => operation);
  try {
    const program = await createProgram(operation, signal);
    program.hook('preAction', (_, command) => {
      operation = nameOf(command);
    });
    await program.parseAsync(helpAsked(program, args), { from: 'user' });
    await resultsWritten();
    isOver();
  } catch (thrown) {
    isOver();
    if (thrown instanceof CommanderError) {
      // Asking for help or the version ends with 0.
      // Bad usage must not look like a corrupt image.
      const usage = operation === 'check' ? exitStatus.failed : exitStatus.usage;
      process.exitCode = thrown.exitCode === 0 ? 0 : usage;
    } else if (signal.aborted) {
      const isResumable = operation === 'prepare';
      printNote(
        isResumable
          ? 'interrupted: what is finished stays so; run the same again to go on'
          : `interrupted: ${operation} has left nothing behind`,
      );
      // At once: a write to a pipe that nobody reads would go on waiting.
      process.exit(exitStatus.interrupted);
    } else {
      const error = toForgeError(thrown);
      printError(operation, error);
      process.exitCode = await statusOf(error, operation);
    }
  }
}

#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { type ForgeError, toForgeError } from '../errors.js';
import { printable } from '../printable.js';
import { benchCommand } from './commands/bench.js';
import { checkCommand, statusOfFailedCheck } from './commands/check.js';
import { compareCommand } from './commands/compare.js';
import { convertCommand } from './commands/convert.js';
import { doctorCommand } from './commands/doctor.js';
import { infoCommand } from './commands/info.js';
import { manifestCommand } from './commands/manifest.js';
import { mapCommand } from './commands/map.js';
import { abortOnSignals } from './interruption.js';
import { printError, printNote, resultsWritten, surviveFailingStreams } from './output.js';
import { version } from './version.js';

const exitStatus = { failed: 1, usage: 2, interrupted: 130 };

const help = `
Examples:
  $ omiforge convert --verify disk.raw disk.qcow2.gz
  $ omiforge info disk.qcow2.gz
  $ omiforge map disk.qcow2
  $ omiforge compare disk.raw disk.qcow2.gz
  $ omiforge check disk.qcow2
  $ omiforge manifest create --name my-image --bucket my-bucket -o manifest.json disk.qcow2.gz
  $ omiforge bench disk.qcow2
  $ omiforge doctor

Exit status: 0 done, 1 failed, 2 bad usage, 130 interrupted; compare: 0 identical, 1 different, 2 could not compare;
check: 0 clean, 2 corrupt, 3 leaks, 1 could not check.
`;

function createProgram(signal: AbortSignal): Command {
  const program = new Command('omiforge')
    .description('Turns disk images into what the OUTSCALE cloud imports.')
    .version(version)
    .addHelpText('after', help);
  for (const command of [
    convertCommand(signal),
    infoCommand(signal),
    mapCommand(signal),
    compareCommand(signal),
    checkCommand(signal),
    manifestCommand(signal),
    benchCommand(signal),
    doctorCommand(),
  ]) {
    program.addCommand(command);
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
  return printable(`${place}${message}; see '${['omiforge', ...names].join(' ')} --help' [ARGUMENT_INVALID]`);
}

/** Such as "manifest create". */
function nameOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`;
}

function statusOf(error: ForgeError, operation: string): number {
  if (operation === 'compare') return 2;
  if (operation === 'check') return statusOfFailedCheck(error);
  return error.code === 'ARGUMENT_INVALID' ? exitStatus.usage : exitStatus.failed;
}

async function main(): Promise<void> {
  const signal = abortOnSignals();
  surviveFailingStreams();
  let operation = process.argv[2] ?? '';
  const program = createProgram(signal).hook('preAction', (_, command) => {
    operation = nameOf(command);
  });
  try {
    await program.parseAsync();
    await resultsWritten();
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      // Asking for help or the version ends with 0.
      // Bad usage must not look like a corrupt image.
      const usage = operation === 'check' ? exitStatus.failed : exitStatus.usage;
      process.exitCode = thrown.exitCode === 0 ? 0 : usage;
    } else if (signal.aborted) {
      printNote(`interrupted: ${operation} has left nothing behind`);
      // At once: a write to a pipe that nobody reads would go on waiting.
      process.exit(exitStatus.interrupted);
    } else {
      const error = toForgeError(thrown);
      printError(operation, error);
      process.exitCode = statusOf(error, operation);
    }
  }
}

await main();

import test from 'ava';
import { type CommandDescription, describeProgram } from '../../src/cli/manual/description.js';
import { createProgram } from '../../src/cli/program.js';
import { runCli } from '../helpers/cli.js';

const program = describeProgram(await createProgram('', new AbortController().signal));

function withAllBelow(command: CommandDescription): readonly CommandDescription[] {
  return [command, ...command.commands.flatMap(withAllBelow)];
}

const commands = withAllBelow(program);
const callable = commands.filter((command) => command.commands.length === 0);

for (const { names } of commands) {
  test(`the help of ${names.join(' ')} fits on a terminal, and comes alone`, async (t) => {
    const { status, stdout, stderr } = await runCli([...names.slice(1), '--help']);
    t.is(status, 0);
    t.is(stderr, '');
    t.true(stdout.startsWith(`Usage: ${names.join(' ')} `));
    for (const line of stdout.split('\n')) t.true(line.length <= 120, `${line.length} columns: ${line}`);
    t.notRegex(stdout, /[^\S\n]\n|\t/);
  });

  test(`'help ${names.slice(1).join(' ')}' is the same`, async (t) => {
    const asked = await runCli(['help', ...names.slice(1)]);
    const { stdout } = await runCli([...names.slice(1), '--help']);
    t.deepEqual([asked.status, asked.stdout, asked.stderr], [0, stdout, '']);
  });
}

for (const command of callable) {
  const name = command.names.join(' ');

  test(`${name}: examples that call it, and the exit status`, (t) => {
    const examples = command.help.examples.flatMap((example) => example.commands);
    t.true(examples.length > 0);
    t.true(examples.some((example) => example.includes(`${name} `) || example === name));
    for (const { title, commands: lines } of command.help.examples) t.true(lines.length > 0, title);
    const [group] = command.help.exitStatus;
    t.true(group !== undefined && group.statuses.length > 1);
    t.is(group?.statuses[0]?.status, 0);
  });
}

for (const { names, description, options, arguments: operands } of commands.slice(1)) {
  const name = names.join(' ');

  test(`${name}: phrases of one line, in one style`, (t) => {
    t.true(description.length <= 90, description);
    for (const text of [description, ...[...options, ...operands].map((item) => item.description)]) {
      t.regex(text, /^(?:[a-z0-9]|[A-Z-]{2,})/, 'no capital, as it is no sentence');
      t.notRegex(text, /\.$|\s{2}|^\s|\s$/);
      t.true(text.length <= 120, `${text.length} characters: ${text}`);
    }
  });

  test(`${name}: what is the default stands in brackets`, (t) => {
    for (const { description: text } of [...options, ...operands]) {
      t.is((text.match(/default/g) ?? []).length, (text.match(/\(default: [^()]+\)/g) ?? []).length, text);
    }
  });
}

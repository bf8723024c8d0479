import test from 'ava';
import { Argument, Command, Option } from 'commander';
import { describeProgram } from '../../../src/cli/manual/description.js';
import { createProgram } from '../../../src/cli/program.js';
import { runCli } from '../../helpers/cli.js';

function example(): Command {
  const show = new Command('show')
    .description('show a thing')
    .addArgument(new Argument('<how>', 'in which way').choices(['long', 'short']))
    .argument('[image...]', 'what to show')
    .option('-q', 'say less')
    .addOption(new Option('--level <number>', 'how much').default(3))
    .addOption(new Option('--kind <kind>', 'of which kind').choices(['a', 'b']).makeOptionMandatory())
    .option('--page [name]', 'a page; may be repeated')
    .option('-o, --output <file>', 'where to')
    .option('--folder <dir>', 'where in')
    .option('--many <words...>', 'several')
    .addOption(new Option('--secret', 'not for you').hideHelp())
    .addHelpText('after', '\nShows it.\n\nExamples:\n  $ tool thing show long\n');
  const thing = new Command('thing').description('do things').addCommand(show);
  return new Command('tool')
    .description('A tool.')
    .addCommand(thing)
    .addCommand(new Command('old').description('gone'), { hidden: true });
}

test('a command tree as data', (t) => {
  const tool = describeProgram(example());
  t.deepEqual(tool.names, ['tool']);
  t.is(tool.description, 'A tool.');
  t.deepEqual(
    tool.commands.map(({ names }) => names),
    [['tool', 'thing']],
  );
  const show = tool.commands[0]?.commands[0];
  t.deepEqual(show?.names, ['tool', 'thing', 'show']);
  t.deepEqual(show?.help, {
    blocks: [{ kind: 'prose', text: 'Shows it.' }],
    exitStatus: [],
    examples: [{ title: undefined, commands: ['tool thing show long'] }],
  });
});

test('arguments', (t) => {
  const show = describeProgram(example()).commands[0]?.commands[0];
  t.deepEqual(show?.arguments, [
    {
      name: 'how',
      kind: 'choice',
      choices: ['long', 'short'],
      description: 'in which way',
      isRequired: true,
      isVariadic: false,
      defaultText: undefined,
    },
    {
      name: 'image',
      kind: 'file',
      choices: [],
      description: 'what to show',
      isRequired: false,
      isVariadic: true,
      defaultText: undefined,
    },
  ]);
});

test('an argument is a file, unless its name says something else', (t) => {
  const command = new Command('a').argument('<a>').argument('<dir>').argument('[address...]');
  const kinds = describeProgram(command).arguments.map(({ kind }) => kind);
  t.deepEqual(kinds, ['file', 'folder', 'text']);
});

test('options', (t) => {
  const options = describeProgram(example()).commands[0]?.commands[0]?.options ?? [];
  t.deepEqual(
    options.map(({ short, long }) => [short, long]),
    [
      ['-q', undefined],
      [undefined, '--level'],
      [undefined, '--kind'],
      [undefined, '--page'],
      ['-o', '--output'],
      [undefined, '--folder'],
      [undefined, '--many'],
      ['-h', '--help'],
    ],
  );
  t.deepEqual(
    options.map(({ value }) => value && [value.name, value.kind, ...value.choices]),
    [
      undefined,
      ['number', 'text'],
      ['kind', 'choice', 'a', 'b'],
      ['name', 'text'],
      ['file', 'file'],
      ['dir', 'folder'],
      ['words', 'text'],
      undefined,
    ],
  );
  const named = (flag: string) => options.find(({ long }) => long === flag);
  t.is(named('--level')?.defaultText, '3');
  t.is(named('--output')?.defaultText, undefined);
  t.deepEqual(
    options.filter(({ isMandatory }) => isMandatory).map(({ long }) => long),
    ['--kind'],
  );
  t.deepEqual(
    options.filter(({ isRepeatable }) => isRepeatable).map(({ long }) => long),
    ['--page', '--many'],
  );
  t.deepEqual(
    options.filter(({ isValueOptional }) => isValueOptional).map(({ long }) => long),
    ['--page'],
  );
});

test('describing changes nothing: the help is printed as ever', (t) => {
  const program = example();
  const printed: string[] = [];
  program.configureOutput({ writeOut: (text) => void printed.push(text) });
  program.outputHelp();
  const before = printed.splice(0).join('');
  t.deepEqual(describeProgram(program), describeProgram(program));
  t.deepEqual(printed, []);
  program.outputHelp();
  t.is(printed.join(''), before);
});

test('all commands of the program are described', async (t) => {
  const { commands } = describeProgram(await createProgram('', new AbortController().signal));
  const { stdout } = await runCli(['--help']);
  const [, list = ''] = stdout.split('\nCommands:\n');
  const listed = [...(list.split('\n\n')[0] ?? '').matchAll(/^ {2}(\w\S*)/gm)].map(([, name]) => name);
  t.deepEqual([...commands.map(({ names }) => names[1]), 'help'], listed);
});

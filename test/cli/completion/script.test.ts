import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { completionScript, type ShellName } from '../../../src/cli/completion/script.js';
import { type CommandDescription, describeProgram } from '../../../src/cli/manual/description.js';
import { createProgram } from '../../../src/cli/program.js';
import { completeInBash } from '../../helpers/bash-completion.js';
import { runCli } from '../../helpers/cli.js';
import { makeFolder } from '../../helpers/folder.js';

const shells: readonly ShellName[] = ['bash', 'zsh', 'fish'];
const program = describeProgram(await createProgram('', new AbortController().signal));

/** Whatever could end a string or begin something else, in any of the shells. */
const hostile = `a 'b' "c" \\ \\' $(touch ran) \`touch ran\` [d] ]:e: {f,g} !h *?~ #i\n\t; touch ran &`;

/** A program that has it in every place for words. */
const hostileProgram: CommandDescription = {
  names: ['omiforge'],
  description: hostile,
  arguments: [],
  options: [],
  help: { blocks: [], exitStatus: [], examples: [] },
  commands: [
    {
      names: ['omiforge', 'do'],
      description: hostile,
      arguments: [
        {
          name: hostile,
          kind: 'choice',
          choices: [hostile, '$(touch ran)'],
          description: hostile,
          isRequired: true,
          isVariadic: false,
          defaultText: hostile,
        },
      ],
      options: [
        {
          flags: '--it <it>',
          short: undefined,
          long: '--it',
          description: hostile,
          value: { name: hostile, kind: 'choice', choices: [hostile, "it's"] },
          isValueOptional: false,
          isMandatory: false,
          isRepeatable: false,
          defaultText: hostile,
        },
      ],
      commands: [],
      help: { blocks: [], exitStatus: [], examples: [] },
    },
  ],
};

/** The shell must find no fault in the script. */
async function assertParsed(t: ExecutionContext, shell: ShellName, script: string): Promise<void> {
  await using folder = await makeFolder();
  await writeFile(folder.at('script'), script);
  const { stderr } = await promisify(execFile)(shell, ['-n', folder.at('script')]);
  t.is(stderr, '');
}

/** All words that stand in single quotes, as the shell reads them. */
function quotedWords(shell: ShellName, script: string): readonly string[] {
  const code = script.replace(/^\s*#.*$/gm, '');
  return shell === 'fish'
    ? [...code.matchAll(/'((?:\\.|[^'\\])*)'/g)].map(([, text = '']) => text.replace(/\\([\\'])/g, '$1'))
    : [...code.matchAll(/(?:'[^']*'|\\')+/g)].map(([text]) => text.replace(/'([^']*)'|\\(')/g, '$1$2'));
}

for (const shell of shells) {
  test(`what is printed for ${shell} is the script, and nothing else`, async (t) => {
    const { status, stdout, stderr } = await runCli(['completion', shell]);
    t.deepEqual([status, stderr], [0, '']);
    t.is(stdout, completionScript(shell, program));
    t.true(stdout.endsWith('\n'));
    await assertParsed(t, shell, stdout);
  });

  test(`every command, option and choice occurs in the script for ${shell}`, (t) => {
    const script = completionScript(shell, program);
    const words = quotedWords(shell, script);
    const has = (text: string) => words.some((word) => word.includes(text));
    const visit = ({ names, options, commands }: CommandDescription) => {
      for (const name of names.slice(1)) t.true(has(name), name);
      for (const { short, long, value } of options) {
        if (long !== undefined) t.true(has(shell === 'fish' ? long.slice(2) : long), long);
        if (short !== undefined) t.true(has(shell === 'fish' ? short.slice(1) : short), short);
        for (const choice of value?.choices ?? []) t.true(has(choice), choice);
      }
      for (const child of commands) visit(child);
    };
    visit(program);
  });

  test(`no description gets out of its quotes in the script for ${shell}`, async (t) => {
    const script = completionScript(shell, hostileProgram);
    const outside =
      shell === 'fish'
        ? script.replace(/'(?:\\.|[^'\\])*'/g, '')
        : script.replace(/(?<!\\)'[^']*'(?:\\''[^']*')*/g, '');
    t.notRegex(outside, /touch/);
    await assertParsed(t, shell, script);
  });
}

test('fish offers what belongs to each place', async (t) => {
  await using folder = await makeFolder();
  await writeFile(folder.at('script'), completionScript('fish', program));
  const words = async (line: string): Promise<string[]> => {
    const command = 'source $argv[1]; complete -C $argv[2]';
    const env = { ...process.env, HOME: folder.path };
    const { stdout } = await promisify(execFile)('fish', ['-c', command, folder.at('script'), line], { env });
    return stdout
      .split('\n')
      .filter((row) => row !== '')
      .map((row) => row.replace(/\t.*/, ''));
  };
  t.deepEqual(await words('omiforge manifest re'), ['repair', 'resign']);
  t.deepEqual(await words('omiforge help manifest cr'), ['create']);
  t.deepEqual(await words('omiforge manifest help sh'), ['show']);
  t.deepEqual(await words('omiforge presign --method '), ['GET', 'PUT']);
  t.deepEqual(await words('omiforge convert --lev'), ['--level']);
});

test('a choice that looks like code is a word for bash', async (t) => {
  await using folder = await makeFolder();
  await writeFile(folder.at('script'), completionScript('bash', hostileProgram));
  const { replies } = await completeInBash(folder.at('script'), ['do', '--it', 'it'], folder.path);
  t.deepEqual(replies, ["it's"]);
  const operands = await completeInBash(folder.at('script'), ['do', '$'], folder.path);
  t.deepEqual(operands.replies, ['$(touch ran)']);
  t.deepEqual(await readdir(folder.path), ['script']);
});

test('fish takes descriptions and choices back as they were', (t) => {
  const words = quotedWords('fish', completionScript('fish', hostileProgram));
  const oneLine = (hostile.split('; ')[0] ?? '').replace(/\s+/g, ' ').trim();
  t.true(words.includes(oneLine));
  t.true(
    words.some((word) => word.endsWith("'it\\'s'")),
    'a list is expanded once more',
  );
});

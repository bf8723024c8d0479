import { readdir, writeFile } from 'node:fs/promises';
import test from 'ava';
import { completionScript } from '../../../src/cli/completion/script.js';
import { type CommandDescription, describeProgram } from '../../../src/cli/manual/description.js';
import { createProgram } from '../../../src/cli/program.js';
import { completeInBash } from '../../helpers/bash-completion.js';
import { type Folder, makeFolder } from '../../helpers/folder.js';

const program = describeProgram(await createProgram('', new AbortController().signal));
let folder: Folder;
let script: string;

test.before(async () => {
  folder = await makeFolder();
  script = folder.at('completion.bash');
  await writeFile(script, completionScript('bash', program));
});

test.after.always(async () => await folder[Symbol.asyncDispose]());

const complete = (...words: string[]) => completeInBash(script, words);
const replies = async (...words: string[]) => (await complete(...words)).replies;

const names = (command: CommandDescription | undefined) =>
  (command?.commands ?? []).map((child) => child.names.at(-1));
const manifest = program.commands.find((command) => command.names[1] === 'manifest');

test('commands', async (t) => {
  t.deepEqual(await replies(''), [...names(program), 'help'] as string[]);
  t.deepEqual(await replies('conv'), ['convert']);
  t.deepEqual(await replies('frob'), []);
  t.deepEqual(await replies('manifest', ''), [...names(manifest), 'help'] as string[]);
  t.deepEqual(await replies('manifest', 'help', 're'), ['repair', 'resign']);
  t.deepEqual(await replies('manifest', 'cr'), ['create']);
});

test('commands behind help', async (t) => {
  t.deepEqual(await replies('help', ''), names(program) as string[]);
  t.deepEqual(await replies('help', 'manifest', 'cr'), ['create']);
  t.deepEqual(await complete('help', 'convert', ''), { replies: [], settings: ['+o default'] });
});

test('options of the command alone', async (t) => {
  t.deepEqual(await replies('--'), ['--version', '--help']);
  const ofConvert = await replies('convert', '--');
  t.true(ofConvert.includes('--level') && ofConvert.includes('--help') && !ofConvert.includes('--measure'));
  t.deepEqual(await replies('convert', '--compression'), ['--compression-type']);
  t.deepEqual(await replies('convert', 'a.raw', '--ver'), ['--verify']);
  t.deepEqual(await replies('convert', '--', '--ver'), [], 'a name, behind --');
  t.true((await replies('manifest', 'create', '--')).includes('--bucket'));
});

test('choices of an option, in all ways to write it', async (t) => {
  const formats = ['raw', 'qcow2', 'raw.gz', 'qcow2.gz'];
  t.deepEqual(await replies('convert', '-f', ''), formats);
  t.deepEqual(await replies('convert', '--source-format', 'raw'), ['raw', 'raw.gz']);
  // = is a word of its own where bash parts words at it, and within one where somebody has told it not to.
  t.deepEqual(await replies('convert', '--source-format', '='), formats);
  t.deepEqual(await replies('convert', '--source-format', '=', 'q'), ['qcow2', 'qcow2.gz']);
  t.deepEqual(await replies('convert', '--source-format=q'), [
    '--source-format=qcow2',
    '--source-format=qcow2.gz',
  ]);
  t.deepEqual(await replies('convert', '--engine', 'lib'), ['libdeflate']);
  t.deepEqual(await replies('completion', ''), ['bash', 'zsh', 'fish']);
});

test('files for images, and for nothing else', async (t) => {
  const file = { replies: [], settings: [] };
  const nothing = { replies: [], settings: ['+o default'] };
  t.deepEqual(await complete('convert', ''), file);
  t.deepEqual(await complete('convert', 'a.raw', 'b'), file);
  t.deepEqual(await complete('convert', '--level', '6', '--verify', 'a.raw', ''), file);
  t.deepEqual(await complete('convert', 'my', ':', 'disk.raw', ''), file, 'a name with a colon is one');
  t.deepEqual(await complete('convert', 'a.raw', 'b.raw', ''), nothing);
  t.deepEqual(await complete('convert', '--level', ''), nothing);
  t.deepEqual(await complete('info', 'a', 'b', 'c', 'd'), file);
  t.deepEqual(await complete('convert', 'info', ''), file, 'no command behind a command without any');
  t.deepEqual(await complete('manifest', 'create', '-o', ''), file);
  t.deepEqual(await complete('manifest', 'create', '--name', ''), nothing);
  t.deepEqual(await complete('doctor', ''), nothing);
  t.deepEqual(await complete('completion', 'bash', ''), nothing);
  t.deepEqual((await complete('convert', '--external-folder', '')).settings, ['-o dirnames +o default']);
});

test('words that look like code run nothing', async (t) => {
  await using current = await makeFolder();
  const code = ['$(touch ran)', '`touch ran`', 'a[$(touch ran)]', "'; touch ran; '", '"; touch ran; "'];
  for (const word of [...code, '*', '~', "'", '\\', '${x', '!!', '']) {
    for (const words of [[word, ''], ['convert', word], ['convert', '--engine', word], [`--${word}=`]]) {
      const { replies: found } = await completeInBash(script, words, current.path);
      if (word !== '') t.deepEqual(found, [], words.join(' '));
    }
  }
  t.deepEqual(await readdir(current.path), []);
});

test('every command and every option is offered where it belongs', async (t) => {
  const visit = async (command: CommandDescription): Promise<void> => {
    const words = command.names.slice(1);
    const flags = command.options.flatMap(({ short, long }) =>
      [short, long].filter((flag) => flag !== undefined),
    );
    t.deepEqual(await replies(...words, '-'), flags, words.join(' '));
    for (const child of command.commands) await visit(child);
  };
  await visit(program);
});

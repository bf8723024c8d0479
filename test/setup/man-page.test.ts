import { spawn, spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { folded } from '../../setup/man-page/folded.js';
import { manualPage } from '../../setup/man-page/page.js';
import { literal, prose, styled } from '../../setup/man-page/roff.js';
import { type CommandDescription, describeProgram } from '../../src/cli/manual/description.js';
import { createProgram } from '../../src/cli/program.js';
import { endOf } from '../helpers/cli.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const describe = async () => describeProgram(await createProgram('', new AbortController().signal));
const program = await describe();
const page = manualPage(program, '1.2.3');

/** What groff makes of a page on a terminal, of which it must have nothing to say. */
async function rendered(t: ExecutionContext, source: string): Promise<string> {
  const child = spawn('groff', ['-man', '-Tutf8', '-ww', '-rLL=100n'], {
    env: { ...process.env, GROFF_NO_SGR: '1' },
  });
  child.stdin?.end(source);
  const { status, stdout, stderr } = await endOf(child);
  t.deepEqual([status, stderr], [0, '']);
  // What is printed over itself is bold, and over a line italic.
  return stdout.replace(/.[\b]/gu, '');
}

function callable(command: CommandDescription): readonly CommandDescription[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(callable);
}

test('the page has the sections that people look for, in their order', (t) => {
  const sections = [...page.matchAll(/^\.SH (.+)$/gm)].map(([, name]) => name);
  t.deepEqual(sections, [
    'NAME',
    'SYNOPSIS',
    'DESCRIPTION',
    'OPTIONS',
    'COMMANDS',
    'ENVIRONMENT',
    'FILES',
    'EXIT STATUS',
    'EXAMPLES',
    'SEE ALSO',
  ]);
  t.regex(page, /^\.SH NAME\nomiforge \\- turns disk images into .*[^.]$/m, 'as whatis wants it');
});

test('the same bytes each time, without a date', async (t) => {
  t.is(manualPage(await describe(), '1.2.3'), page);
  t.regex(page, /^\.TH "OMIFORGE" 1 "" "omiforge 1\.2\.3" "omiforge manual"$/m);
});

test('the page that the package has is that of its commands', async (t) => {
  const { version, man } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  // npm links the pages of a list, and those alone.
  t.deepEqual(man, ['dist/man/omiforge.1']);
  t.is(
    await readFile(join(root, man[0]), 'utf8'),
    manualPage(program, version),
    "else run 'npm run build:ts'",
  );
});

test('groff has nothing to say of it, and shows every command, option and example', async (t) => {
  const text = await rendered(t, page);
  const flat = text.replace(/\s+/g, ' ');
  for (const { names, options, help, description } of callable(program)) {
    t.true(flat.includes(names.join(' ')));
    t.true(flat.includes(`${description.slice(1)}.`), description);
    for (const { short, long, description: words } of options) {
      if (long === '--help') continue;
      t.true(flat.includes([short, long].filter((word) => word !== undefined).join(', ')));
      t.true(flat.includes(words), words);
    }
    for (const command of help.examples.flatMap(({ commands }) => commands)) {
      t.true(flat.includes(`$ ${folded(command).replace(/\s+/g, ' ')}`), command);
    }
  }
  t.notRegex(text, /[\u2010\u2018\u2019\u2212]/, 'nothing that cannot be copied');
});

test('every variable of the environment that is looked at is on it', async (t) => {
  const source = join(root, 'src');
  const paths = (await readdir(source, { recursive: true })).filter((path) => path.endsWith('.ts'));
  const texts = await Promise.all(paths.map((path) => readFile(join(source, path), 'utf8')));
  const all = texts.join('\n');
  const names = new Set([
    ...(all.match(/(?<![A-Z_])(?:OSC|OUTSCALE|AWS)_[A-Z_]*[A-Z]\b/g) ?? []),
    ...[...all.matchAll(/process\.env(?:\[')?\.?([A-Z_]+)/g)].map(([, name = '']) => name),
    ...[...all.matchAll(/\{ ([A-Z_]+) \} = process\.env/g)].map(([, name = '']) => name),
  ]);
  t.true(names.size >= 9);
  for (const name of names) t.true(page.includes(`\\fB${name}\\fR`), name);
});

const line = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((text) => /^[^\s\p{C}\p{M}\p{Zl}\p{Zs}]+$/u.test(text) && text === text.normalize());
const asciiLine = fc
  .string({ unit: fc.constantFrom(...`.'"\\-^~\`ab (c)*n&%[]{}|$#!?`), minLength: 1, maxLength: 40 })
  .map((text) => text.trim())
  .filter((text) => text !== '');

test('literal text is what groff shows', async (t) => {
  const lines = [
    ...fc.sample(asciiLine, { numRuns: 300, seed: 1 }),
    ...fc.sample(line, { numRuns: 100, seed: 2 }),
  ];
  const edges = [
    '.',
    "'",
    '.so /etc/passwd',
    '\\',
    '\\\\n',
    '-',
    '--',
    '.\\"',
    '\'\\"',
    '\\&',
    '"quoted"',
    'é€',
  ];
  const source = [...edges, ...lines].flatMap((text) => ['.EX', literal(text), '.EE']).join('\n');
  const text = await rendered(t, `.TH A 1 "" "" ""\n.SH B\n${source}\n`);
  const shown = text
    .split('\n')
    .slice(1)
    .map((shownLine) => shownLine.trim())
    .filter((shownLine) => shownLine !== '');
  t.deepEqual(shown.slice(1, 1 + edges.length + lines.length), [...edges, ...lines]);
});

test('words of prose are what groff shows, in whatever font', async (t) => {
  const word = fc.constantFrom(
    '--level',
    '-c',
    '-',
    'SRC',
    "'omiforge bench'",
    'pre-signed',
    '.raw,',
    "'x'",
    '"a-b"',
    'End.',
    'Next',
    '\\',
  );
  const texts = fc.sample(
    fc.array(word, { minLength: 1, maxLength: 9 }).map((words) => words.join(' ')),
    { numRuns: 200, seed: 3 },
  );
  const source = texts.flatMap((text) => ['.PP', prose(text, new Set(['SRC']))]).join('\n');
  const text = await rendered(t, `.TH A 1 "" "" ""\n.nh\n.ad l\n.SH B\n${source}\n`);
  // A quoted command line is bold instead.
  const plain = (words: string) =>
    words
      .replaceAll("'omiforge bench'", 'omiforge bench')
      .replace(/\s+/g, ' ')
      .replaceAll('\u2010', '-')
      .trim();
  const shown = text.split(/\n\s*\n/).slice(1, 1 + texts.length);
  t.deepEqual(
    shown.map((part) => plain(part.replace(/^B\n/, ''))),
    texts.map(plain),
  );
});

test('options are bold, and values that a help names in capitals italic', (t) => {
  t.is(
    prose('--level auto of SRC and JSON', new Set(['SRC'])),
    '\\fB\\-\\-level\\fR auto of \\fISRC\\fR and JSON',
  );
  t.is(prose("see 'omiforge bench -f raw'; -"), 'see \\fBomiforge bench \\-f raw\\fR; \\-');
  t.is(
    prose('One is pre-signed. The other is eu-west-2.'),
    'One is pre-signed.\nThe other is eu\\-west\\-2.',
  );
  t.is(styled('bold', '.x'), '\\fB\\&.x\\fR');
});

test('a long example is folded so that a shell takes it for the same', async (t) => {
  const long = `omiforge convert --level 1 "a b  c" 'd e' ${'--threads 3 '.repeat(9)}x | sh -c 'cat > y'`;
  t.true(
    folded(long)
      .split('\n')
      .every((part) => part.length <= 68),
  );
  const commands = [
    long,
    ...callable(program).flatMap(({ help }) => help.examples.flatMap((example) => example.commands)),
  ];
  for (const command of commands) {
    t.is(folded(command).replace(/ \\\n {4}/g, ' '), command.replace(/ \\\n {4}/g, ' '));
  }
  const shown = (command: string) =>
    spawnSync(
      'bash',
      ['-c', `omiforge() { printf '<%s>' "$@"; }; sh() { cat; printf '<%s>' "$@"; }; ${command}`],
      { encoding: 'utf8' },
    ).stdout;
  t.is(shown(folded(long)), shown(long));
  t.regex(shown(long), /<a b {2}c>/);
});

test('it is folded before what belongs together', (t) => {
  const command = `omiforge convert ${'--verify '.repeat(5)}-O raw.gz disk.qcow2 - | ssh backup 'cat > disk.raw.gz'`;
  t.deepEqual(folded(command).split('\n'), [
    'omiforge convert --verify --verify --verify --verify --verify \\',
    '    -O raw.gz disk.qcow2 - \\',
    "    | ssh backup 'cat > disk.raw.gz'",
  ]);
  t.is(folded('one --two \\\n    3'), 'one --two 3', 'what was folded for a wider terminal');
});

test('what cannot be folded without harm stays one line', (t) => {
  for (const command of [`echo it\\'s ${'long '.repeat(20)}`, `a  ${'b '.repeat(50)}`]) {
    t.is(folded(command), command);
  }
});

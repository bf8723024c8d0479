import test from 'ava';
import fc from 'fast-check';
import { parseHelpText } from '../../../src/cli/manual/help-text.js';

test('prose, exit status and examples', (t) => {
  const text = `
Counts what there is, and
changes nothing.

--json prints an object.

Exit status: 0 clean, 3 leaks, which cost space, 1 failed.

Examples:
  $ tool check a
  $ tool check \\
      b
`;
  t.deepEqual(parseHelpText(text), {
    blocks: [
      { kind: 'prose', text: 'Counts what there is, and changes nothing.' },
      { kind: 'prose', text: '--json prints an object.' },
    ],
    exitStatus: [
      {
        of: undefined,
        statuses: [
          { status: 0, meaning: 'clean' },
          { status: 3, meaning: 'leaks, which cost space' },
          { status: 1, meaning: 'failed' },
        ],
      },
    ],
    examples: [{ title: undefined, commands: ['tool check a', 'tool check \\\n    b'] }],
  });
});

test('examples with titles, and what comes behind them', (t) => {
  const { examples, blocks } = parseHelpText(`
Examples:
  To make one, however
  long it takes:
    $ tool make a
    $ tool make b

  To throw it away:
    $ tool remove a

More is to be said.
`);
  t.deepEqual(examples, [
    { title: 'To make one, however long it takes', commands: ['tool make a', 'tool make b'] },
    { title: 'To throw it away', commands: ['tool remove a'] },
  ]);
  t.deepEqual(blocks, [{ kind: 'prose', text: 'More is to be said.' }]);
});

test('the exit status of several commands', (t) => {
  const { exitStatus } = parseHelpText(
    'Exit status: 0 done, 1 failed; compare: 0 same,\n1 other; check it: 2 bad.',
  );
  t.deepEqual(exitStatus, [
    {
      of: undefined,
      statuses: [
        { status: 0, meaning: 'done' },
        { status: 1, meaning: 'failed' },
      ],
    },
    {
      of: 'compare',
      statuses: [
        { status: 0, meaning: 'same' },
        { status: 1, meaning: 'other' },
      ],
    },
    { of: 'check it', statuses: [{ status: 2, meaning: 'bad' }] },
  ]);
});

test('meanings that a semicolon parts', (t) => {
  const [group] = parseHelpText('Exit status: 0 it works, also without; 1 it does not.').exitStatus;
  t.deepEqual(group?.statuses, [
    { status: 0, meaning: 'it works, also without' },
    { status: 1, meaning: 'it does not' },
  ]);
});

test('indented lines are left as they are, but for the indent that all have', (t) => {
  const { blocks } = parseHelpText('A plan is:\n\n  disks:\n    - file: a.raw\n\nwith text\n  and more');
  t.deepEqual(blocks, [
    { kind: 'prose', text: 'A plan is:' },
    { kind: 'verbatim', lines: ['disks:', '  - file: a.raw'] },
    { kind: 'prose', text: 'with text' },
    { kind: 'verbatim', lines: ['and more'] },
  ]);
});

test('no text at all', (t) => {
  t.deepEqual(parseHelpText('\n \n'), { blocks: [], exitStatus: [], examples: [] });
});

test('no word of a text is lost', (t) => {
  const line = fc.constantFrom(
    '',
    'Examples:',
    '  $ do it',
    '    $ go on \\',
    '  A title:',
    'Words of it',
    '    deep',
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const { blocks, examples } = parseHelpText(lines.join('\n'));
      const kept = [
        ...blocks.map((block) => (block.kind === 'prose' ? block.text : block.lines.join(' '))),
        ...examples.flatMap(({ title, commands }) => [title ?? '', ...commands]),
      ].join(' ');
      const words = (text: string) => text.match(/[a-z]+/gi)?.filter((word) => word !== 'Examples') ?? [];
      t.deepEqual(words(kept).sort(), words(lines.join(' ')).sort());
    }),
  );
});

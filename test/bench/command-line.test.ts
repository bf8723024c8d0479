import test from 'ava';
import { parseCommandLine } from '../../bench/command-line.js';
import { ForgeError } from '../../src/errors.js';

test('without arguments everything is measured in five rounds', (t) => {
  const { task, rounds, isQuick, words, writesResults } = parseCommandLine([]);
  t.deepEqual(
    { task, rounds, isQuick, words, writesResults },
    { task: 'measure', rounds: 5, isQuick: false, words: [], writesResults: false },
  );
});

test('a quick run takes three rounds unless told', (t) => {
  t.is(parseCommandLine(['--quick']).rounds, 3);
  t.is(parseCommandLine(['--quick', '--rounds', '7', 'own']).rounds, 7);
  t.deepEqual(parseCommandLine(['own', '--quick', 'raw']).words, ['own', 'raw']);
});

test('help and list measure nothing', (t) => {
  t.is(parseCommandLine(['--list', '--quick']).task, 'list');
  t.is(parseCommandLine(['-h']).task, 'help');
});

for (const [args, message] of [
  [['--rounds', '0'], /--rounds is '0', and may be 1 to 99/],
  [['--rounds', '2.5'], /--rounds is '2\.5'/],
  [['--rounds', '100'], /--rounds is '100'/],
  [['--speed'], /Unknown option '--speed'; see/],
  [['--results', '--quick'], /--results is for a run of all scenarios/],
  [['--results', 'own'], /--results is for a run of all scenarios/],
  [['--results', '--rounds', '4'], /--results takes 5 rounds or more/],
] as const) {
  test(`${args.join(' ')} is refused in one line`, (t) => {
    const error = t.throws(() => parseCommandLine(args), { instanceOf: ForgeError, message });
    t.is(error?.code, 'ARGUMENT_INVALID');
    t.false(error?.message.includes('\n'));
  });
}

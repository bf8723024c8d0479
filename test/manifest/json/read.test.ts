import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { decodeText } from '../../../src/manifest/json/decode.js';
import type { JsonNode } from '../../../src/manifest/json/document.js';
import { readJson } from '../../../src/manifest/json/read.js';
import { TextPlaces } from '../../../src/manifest/json/text-places.js';
import { manifestText } from '../../helpers/manifest-text.js';

/** Code, path, line and column: all that a fault is known by. */
function found(text: string): readonly string[] {
  const places = new TextPlaces(text);
  return readJson(text).faults.map(({ code, path, offset }) => {
    const { line, column } = places.at(offset);
    return `${code} ${path || '-'} ${line}:${column}`;
  });
}

type Case = readonly [text: string, ...expected: readonly string[]];

const cases: readonly Case[] = [
  // Commas
  ['{"a": 1 "b": 2}', 'missing-comma - 1:8'],
  ['{"a": 1\n  "b": 2}', 'missing-comma - 1:8'],
  ['{"a": [1 2]}', 'missing-comma a 1:9'],
  ['{"a": [{}\n{}]}', 'missing-comma a 1:10'],
  ['{"a": 1,}', 'trailing-comma - 1:8'],
  ['{"a": [1,\n]}', 'trailing-comma a 1:9'],
  ['{"a": 1,,"b": 2}', 'extra-comma - 1:9'],
  ['{,"a": 1}', 'extra-comma - 1:2'],
  ['[,]', 'extra-comma - 1:2'],
  // Comments and white space
  ['{"a": 1 // one\n}', 'comment - 1:9'],
  ['/* x */ {"a": 1}', 'comment - 1:1'],
  ['# x\n{"a": 1, # y\n"b": 2}', 'comment - 1:1', 'comment - 2:10'],
  ['{"a": 1} // end', 'comment - 1:10'],
  ['{"a": 1 /* never', 'unterminated-comment - 1:9', 'missing-bracket - 1:8'],
  ['\ufeff{"a": 1}', 'byte-order-mark - 1:1'],
  ['{\u00a0"a": 1}', 'odd-white-space - 1:2'],
  ['{"a":\v1}', 'odd-white-space a 1:6'],
  // Quotes and keys
  ["{'a': 1}", 'single-quotes - 1:2'],
  ['{"a": \'b\'}', 'single-quotes a 1:7'],
  ['{\u201ca\u201d: 1}', 'smart-quotes - 1:2'],
  ['{"a": \u2018b\u2019}', 'smart-quotes a 1:7'],
  ['{a: 1}', 'unquoted-key - 1:2'],
  ['{"a": b}', 'unquoted-text a 1:7'],
  ['{"a": b c\n}', 'unquoted-text a 1:7'],
  ['{"a": https://h/b/k?x=1}', 'unquoted-text a 1:7'],
  ['{1: 2}', 'unquoted-key - 1:2'],
  ['{"a": 1, "a": 2}', 'duplicate-key a 1:10'],
  ['[{"a": 1, "a": 2}]', 'duplicate-key [0].a 1:11'],
  // Texts
  ['{"a": "b}', 'unterminated-string a 1:7', 'missing-bracket - 1:10'],
  ['{"a": "b,\n"c": 1}', 'unterminated-string a 1:7'],
  ['{"a": "b\n"c": 1}', 'unterminated-string a 1:7', 'missing-comma - 1:9'],
  ['{"a": "b\nc"}', 'control-character a 1:9'],
  ['{"a": "b\tc"}', 'control-character a 1:9'],
  ['{"a": "\u0000"}', 'control-character a 1:8'],
  ['{"a": "\\x"}', 'bad-escape a 1:8'],
  ['{"a": "\\u12g4"}', 'bad-escape a 1:8'],
  ['{"a": "it\\\'s"}', 'bad-escape a 1:10'],
  // Literals and numbers
  ['{"a": True}', 'foreign-literal a 1:7'],
  ['{"a": False, "b": None}', 'foreign-literal a 1:7', 'foreign-literal b 1:19'],
  ['{"a": NaN}', 'not-a-number a 1:7'],
  ['[-Infinity, Infinity]', 'not-a-number [0] 1:2', 'not-a-number [1] 1:13'],
  ['{"a": undefined}', 'unquoted-text a 1:7'],
  ['{"a": 0001}', 'bad-number a 1:7'],
  ['{"a": +1}', 'bad-number a 1:7'],
  ['{"a": .5}', 'bad-number a 1:7'],
  ['{"a": 1.}', 'bad-number a 1:7'],
  ['{"a": 0x10}', 'bad-number a 1:7'],
  ['{"a": 1_000}', 'bad-number a 1:7'],
  ['{"a": 1e}', 'bad-number a 1:7'],
  ['{"a": 10 GiB}', 'missing-comma - 1:9', 'unquoted-key - 1:10', 'missing-colon GiB 1:13'],
  // Brackets, colons, values
  ['{"a": 1', 'missing-bracket - 1:8'],
  ['{"a": [1', 'missing-bracket a 1:9', 'missing-bracket - 1:9'],
  ['{"a": [1}', 'missing-bracket a 1:9'],
  ['[{"a": 1]', 'missing-bracket [0] 1:9'],
  ['{"a": 1]}', 'unexpected-character - 1:8'],
  ['[1}]', 'unexpected-character [1] 1:3'],
  ['{"a" 1}', 'missing-colon a 1:5'],
  ['{"a" = 1}', 'missing-colon a 1:5'],
  ['{a = 1}', 'unquoted-key - 1:2', 'missing-colon a 1:3'],
  ['{"a"}', 'missing-colon a 1:5'],
  ['{"a": }', 'missing-value a 1:6'],
  ['{"a": ,"b": 1}', 'missing-value a 1:6'],
  ['{[1]}', 'missing-key - 1:2'],
  ['{:}', 'unexpected-character - 1:2'],
  ['["a": 1]', 'unexpected-character [1] 1:5'],
  // The document
  ['', 'empty - 1:1'],
  [' \n', 'empty - 2:1'],
  [',', 'empty - 1:1'],
  ['{} {}', 'second-document - 1:4'],
  ['{}\n{}', 'second-document - 2:1'],
  ['{}}', 'text-after - 1:3'],
  ['{} ;', 'text-after - 1:4'],
  ['Manifest sample\n{"a": 1}', 'text-before - 1:1'],
  ['manifest = {"a": 1}', 'text-before - 1:1'],
  ['```json\n{"a": 1}\n```', 'text-before - 1:1', 'text-after - 3:1'],
  ['hello', 'unquoted-text - 1:1'],
  [`${'['.repeat(65)}`, `too-deep ${'[0]'.repeat(64)} 1:65`],
];

const python = `
import json, sys
def refuse(word): raise ValueError(word)
for text in json.load(sys.stdin):
    try:
        json.loads(text, parse_constant=refuse)
        print("taken")
    except (ValueError, RecursionError):
        print("refused")
`;

async function judgeByPython(texts: readonly string[]): Promise<readonly string[]> {
  const running = promisify(execFile)('python3', ['-c', python], { maxBuffer: 1 << 26 });
  running.child.stdin?.end(JSON.stringify(texts));
  return (await running).stdout.trim().split('\n');
}

function judgeByNode(text: string): string {
  try {
    JSON.parse(text);
    return 'taken';
  } catch {
    return 'refused';
  }
}

for (const [text, ...expected] of cases) {
  test(`faults of ${JSON.stringify(text).slice(0, 80)}`, (t) => {
    t.deepEqual(found(text), expected);
  });
}

/** JSON that is strict, but for a rule of our own. */
const ownRules = ['duplicate-key', 'too-deep'];

test('the referees refuse whatever is a fault of syntax', async (t) => {
  const refused = cases.filter(
    ([, ...faults]) => !faults.every((fault) => ownRules.includes(fault.split(' ')[0] ?? '')),
  );
  const texts = refused.map(([text]) => text);
  t.deepEqual(
    texts.filter((text) => judgeByNode(text) !== 'refused'),
    [],
  );
  const verdicts = await judgeByPython(texts);
  t.deepEqual(
    texts.filter((_, index) => verdicts[index] !== 'refused'),
    [],
  );
});

const strict: readonly string[] = [
  '{"a": [1, -2.5e+10, 0, -0, 1E5], "b": {"c": null, "d": true, "e": false}}',
  '"\\u00e9\\"\\\\\\/\\b\\f\\n\\r\\t \u2028 \ud83d\ude00"',
  '[]',
  ' {} \r\n',
  '0',
  '{"": "", "a b": "// no comment /* */", "c": "\'"}',
  '["\u00a0", "\u201c", "\\ud800"]',
  manifestText,
];

test('what is strict JSON has no faults, and the referees agree', async (t) => {
  for (const text of strict) {
    t.deepEqual(found(text), [], text);
    t.is(judgeByNode(text), 'taken', text);
  }
  t.deepEqual(
    await judgeByPython(strict),
    strict.map(() => 'taken'),
  );
});

/** What a document means, for a comparison with what a parser makes of it. */
function meaning({ type, value, members, items }: JsonNode): unknown {
  if (type === 'object') {
    const plain: Record<string, unknown> = Object.create(null);
    for (const { key, value: inner } of members) plain[key] = meaning(inner);
    return plain;
  }
  if (type === 'array') return items.map(meaning);
  if (type === 'string') return value;
  return type === 'number' ? Number(value) : JSON.parse(value);
}

test('any JSON has no faults, and is read as every parser reads it', (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (compact, indent) => {
      const text = JSON.stringify(JSON.parse(compact), undefined, indent);
      const { root, faults } = readJson(text);
      t.deepEqual(faults, []);
      t.is(JSON.stringify(root === undefined ? undefined : meaning(root)), JSON.stringify(JSON.parse(text)));
    }),
    { numRuns: 500 },
  );
});

const pieces = [
  ...'{}[],:"\'\\/*+-.0123456789 \n\r\t=`'.split(''),
  ...[
    '"a"',
    '"b": ',
    'true',
    'null',
    'True',
    'NaN',
    '//',
    '/*',
    '*/',
    '\u00a0',
    '\u201c',
    '\u2019',
    '\ufeff',
    '1e5',
    '\ud800',
    'x',
  ],
];

test('a fault is told if and only if the referees refuse', async (t) => {
  const arbitrary = fc.array(fc.constantFrom(...pieces), { maxLength: 25 }).map((parts) => parts.join(''));
  const texts = fc.sample(arbitrary, { numRuns: 20_000, seed: 20260101 });
  const wrong = texts.filter((text) => {
    const faults = readJson(text).faults.filter(({ code }) => !ownRules.includes(code));
    return (judgeByNode(text) === 'refused') !== faults.length > 0;
  });
  t.deepEqual(wrong, []);
  t.true(texts.filter((text) => judgeByNode(text) === 'taken').length > 50);
});

test('tokens and gaps of white space are all there is in a text', (t) => {
  const arbitrary = fc
    .array(fc.constantFrom(...pieces), { maxLength: 25 })
    .map((parts) => `{${parts.join('')}`);
  fc.assert(
    fc.property(arbitrary, (text) => {
      let end = 0;
      for (const token of readJson(text).tokens) {
        t.true(token.offset >= end && token.end > token.offset);
        t.regex(text.slice(end, token.offset), /^[ \t\r\n]*$/);
        end = token.end;
      }
    }),
    { numRuns: 2000 },
  );
});

const encodings: ReadonlyArray<
  readonly [name: string, bytes: Buffer, text: string, ...flaws: readonly string[]]
> = [
  ['UTF-8', Buffer.from('"\u00e9\u{1f600}"'), '"\u00e9\u{1f600}"'],
  ['a byte order mark', Buffer.from('\ufeff{}'), '\ufeff{}'],
  ['Latin-1', Buffer.from('"\u00e9t\u00e9"', 'latin1'), '"\ufffdt\ufffd"', 'not-utf8 1', 'not-utf8 3'],
  ['a surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), '"\ufffd\ufffd\ufffd"', 'not-utf8 1'],
  ['a cut character', Buffer.from([0x22, 0xf0, 0x9f]), '"\ufffd\ufffd', 'not-utf8 1'],
  [
    'good and bad',
    Buffer.concat([Buffer.from('\u{1f600}'), Buffer.from([0xff]), Buffer.from('\u00e9')]),
    '\u{1f600}\ufffd\u00e9',
    'not-utf8 2',
  ],
  ['UTF-16, little end first', Buffer.from('\ufeff{}', 'utf16le'), '{}', 'utf-16 0'],
  ['UTF-16, big end first', Buffer.from('\ufeff{}', 'utf16le').swap16(), '{}', 'utf-16 0'],
];

for (const [name, bytes, text, ...flaws] of encodings) {
  test(`bytes of ${name}`, (t) => {
    const decoded = decodeText(bytes);
    t.is(decoded.text, text);
    t.deepEqual(
      decoded.flaws.map(({ code, offset }) => `${code} ${offset}`),
      flaws,
    );
  });
}

test('places count lines of all kinds', (t) => {
  const places = new TextPlaces('a\nb\r\nc\rd');
  const at = (offset: number) => Object.values(places.at(offset)).join(':');
  t.deepEqual([0, 1, 2, 3, 5, 7, 8].map(at), ['1:1', '1:2', '2:1', '2:2', '3:1', '4:1', '4:2']);
});

test('hostile texts take no time and no memory to speak of', (t) => {
  const mebibyte = 1024 * 1024;
  for (const piece of [
    '[',
    '{',
    '{"a":',
    '"',
    "'a\n",
    '"\n',
    '\\',
    ',',
    '/*',
    '//\n',
    '#\n',
    'a ',
    '\u00a0',
    '[1 ',
    '\u201c\n',
    '{a',
    '}',
    ':',
  ]) {
    const started = performance.now();
    const { faults } = readJson(piece.repeat(mebibyte / piece.length));
    t.true(faults.length >= 1 && faults.length <= 1000, piece);
    // Of the order of the text: anything else takes minutes.
    t.true(performance.now() - started < 20_000, piece);
  }
});

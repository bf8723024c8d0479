import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { ForgeError } from '../../../src/errors.js';
import { repairManifest } from '../../../src/manifest/repair/repair.js';
import { judgedAt, manifestLines, manifestText, secret, withLine } from '../../helpers/manifest-text.js';

const options = { now: judgedAt };

function repair(text: string | Uint8Array): { readonly text: string; readonly changes: readonly string[] } {
  const repaired = repairManifest(text, options);
  return { text: repaired.text, changes: repaired.changes.map(({ line, what }) => `${line}: ${what}`) };
}

function refusal(text: string | Uint8Array): string {
  try {
    return `taken: ${JSON.stringify(repair(text))}`;
  } catch (thrown) {
    if (thrown instanceof ForgeError && thrown.code === 'MANIFEST_INVALID') return thrown.message;
    throw thrown;
  }
}

test('a manifest in strict JSON stays as it is, to the last byte', (t) => {
  for (const text of [
    manifestText,
    JSON.stringify(JSON.parse(manifestText)),
    manifestText.replaceAll('\n', '\r\n'),
  ]) {
    t.deepEqual(repair(text), { text, changes: [] });
  }
});

test('the sample of the documentation, as it is copied from the page', async (t) => {
  const sample = await readFile('test/fixtures/documented-sample.txt', 'utf8');
  const { text, changes } = repair(sample);
  t.deepEqual(changes, [
    '2: added a missing comma',
    '18: added a missing comma',
    '35: removed a trailing comma',
  ]);
  const { Version, Image } = JSON.parse(text);
  t.is(Version, 1);
  t.deepEqual(Object.keys(Image), [
    'Name',
    'ProductTypes',
    'Snapshots',
    'User',
    'Description',
    'Type',
    'Public',
    'Architecture',
  ]);
  t.deepEqual(
    Image.Snapshots.map(({ Ordering, Size }: Record<string, number>) => [Ordering, Size]),
    [
      [58659, 10737418240],
      [58660, 10627417139],
    ],
  );
  // Everything but the three commas is as it was.
  t.is(text.replaceAll(/[\s,]/g, ''), sample.replaceAll(/[\s,]/g, ''));
});

test('the sample with the page around it', async (t) => {
  const sample = await readFile('test/fixtures/documented-sample.txt', 'utf8');
  const page = `You can create a manifest.\n\n  \u2022 Follow this syntax:\n\n    Manifest sample\n${sample}\n    This manifest contains\u00a0(optional): User | Name\n`;
  const { text, changes } = repair(page);
  t.deepEqual(changes, [
    '1: removed the text before the manifest',
    '7: added a missing comma',
    '23: added a missing comma',
    '40: removed a trailing comma',
    '43: removed the text behind the manifest',
  ]);
  t.deepEqual(JSON.parse(text), JSON.parse(repair(sample).text));
});

/** A line of the manifest written otherwise, the changes that mend it, and what the line has to be again. */
const mended: ReadonlyArray<
  readonly [line: number, written: string, mended: string, ...changes: readonly string[]]
> = [
  [2, '  "Version": 1', '  "Version": 1,', '2: added a missing comma'],
  [
    2,
    "  'Version': 1,",
    '  "Version": 1,',
    "2: put the key 'Version' in double quotes instead of single ones",
  ],
  [2, '  Version: 1,', '  "Version": 1,', "2: put the key 'Version' in double quotes"],
  [2, '  \u201cVersion\u201d: 1,', '  "Version": 1,', "2: put the key 'Version' in straight double quotes"],
  [
    2,
    '  ,"Version": 1,,',
    '  "Version": 1,',
    '2: removed a comma without a value',
    '2: removed a comma without a value',
  ],
  [2, '  "Version" 1,', '  "Version": 1,', '2: added a missing :'],
  [2, '\u00a0 "Version": 1,', '  "Version": 1,', '2: replaced white space that JSON does not know'],
  [
    4,
    '    "Name": \'debian-13\',',
    '    "Name": "debian-13",',
    '4: put a text in double quotes instead of single ones',
  ],
  [4, '    "Name": debian-13,', '    "Name": "debian-13",', "4: put 'debian-13' in double quotes"],
  [
    4,
    '    "Name": \u201cdebian-13\u201d,',
    '    "Name": "debian-13",',
    '4: put a text in straight double quotes',
  ],
  [4, '    "Name": "debian-13,', '    "Name": "debian-13",', '4: added the closing quote of a text'],
  [
    5,
    '    "Description": \'it\\\'s "quoted"\',',
    '    "Description": "it\'s \\"quoted\\"",',
    '5: put a text in double quotes instead of single ones',
  ],
  [
    5,
    '    "Description": "a\tb",',
    '    "Description": "a\\tb",',
    '5: escaped characters of a text as JSON has it',
  ],
  [7, '    "Public": False,', '    "Public": false,', "7: wrote false for 'False'"],
  [9, '    "ProductTypes": ["0001",],', '    "ProductTypes": ["0001"],', '9: removed a trailing comma'],
  [9, '    "ProductTypes": [0001],', '    "ProductTypes": ["0001"],', "9: put '0001' in double quotes"],
  [15, '        "Iops": None,', '        "Iops": null,', "15: wrote null for 'None'"],
  [20, '        "Size": 10737418240,', '        "Size": 10737418240', '20: removed a trailing comma'],
  [21, '      }', '      },', '21: added a missing comma'],
  [32, '      },', '      }', '32: removed a trailing comma'],
  [
    9,
    '    "ProductTypes": ["0001"], "Key": 12345678901234567890123, "x": 1.50,',
    '    "ProductTypes": ["0001"], "Key": 12345678901234567890123, "x": 1.50,',
  ],
];

for (const [line, written, expected, ...changes] of mended) {
  test(`mends ${written.trim()}`, (t) => {
    const repaired = repair(withLine(line, written));
    t.deepEqual(repaired.changes, changes);
    t.is(repaired.text, withLine(line, expected));
  });
}

test('comments go, and all else stays', (t) => {
  const text = withLine(2, '  "Version": 1, // the only one').replace('"Type": ', '"Type": /* always */ ');
  const repaired = repair(`# head\n${text.replace('[\n', '[ # disks\n')}// tail\n`);
  t.deepEqual(
    repaired.changes,
    [1, 3, 7, 11, 37].map((line) => `${line}: removed a comment`),
  );
  t.deepEqual(JSON.parse(repaired.text), JSON.parse(manifestText));
});

test('brackets that are missing at the end are added', (t) => {
  const repaired = repair(manifestLines.slice(0, 33).join('\n'));
  t.deepEqual(repaired.changes, ['33: added a missing }', '33: added a missing }']);
  t.deepEqual(JSON.parse(repaired.text), JSON.parse(manifestText));
});

test('a byte order mark goes, and UTF-16 becomes UTF-8', (t) => {
  t.deepEqual(repair(Buffer.from(`\ufeff${manifestText}`)), {
    text: manifestText,
    changes: ['1: removed the byte order mark'],
  });
  t.deepEqual(repair(Buffer.from(`\ufeff${manifestText}`, 'utf16le')), {
    text: manifestText,
    changes: ['1: wrote UTF-8 instead of UTF-16'],
  });
});

test('keys with only one value are added, with their place', (t) => {
  const without = [1, 4, 5, 6].reduceRight<readonly string[]>(
    (lines, index) => lines.toSpliced(index, 1),
    manifestLines,
  );
  const { text, changes } = repair(`${without.join('\n')}\n`);
  t.deepEqual(changes, [
    '1: added the missing key Version with the value 1',
    '2: added the missing key Image.Description with the value ""',
    '2: added the missing key Image.Type with the value "machine"',
    '2: added the missing key Image.Public with the value false',
  ]);
  const { Version, Image } = JSON.parse(text);
  t.deepEqual([Version, Image.Description, Image.Type, Image.Public], [1, '', 'machine', false]);
  t.is(Object.keys(JSON.parse(text))[0], 'Version');
  t.deepEqual({ ...Image.Snapshots }, { ...JSON.parse(manifestText).Image.Snapshots });
});

test('nothing is added that may have another value, nor what is there under a wrong name', (t) => {
  const text = withLine(2, '  "version": 1,')
    .replace('    "Architecture": "x86_64",\n', '')
    .replace('        "Iops": null,\n', '');
  t.deepEqual(repair(text), { text, changes: [] });
});

test('what is wrong still is told with its place in the new text', (t) => {
  const { review } = repairManifest(`// head\n${withLine(8, '    "Architecture": \'arm64\',')}`, options);
  t.deepEqual(
    review.faults.map(({ code, line }) => `${code} ${line}`),
    ['architecture 8'],
  );
});

const refused: ReadonlyArray<readonly [what: string, text: string | Uint8Array, says: RegExp]> = [
  ['nothing', '', /line 1, column 1: there is nothing in the file/],
  ['a list', '[]', /line 1, column 1: the text is no JSON object/],
  ['other text', 'hello world', /line 1, column 1: /],
  ['two documents', '{}\n{}', /line 2, column 1: a second document/],
  ['a manifest that is closed too early', '{"Version": 1}, "Image": {}}', /column 15: text stands behind/],
  ['no value', withLine(4, '    "Name": ,'), /line 4, column \d+: the key has no value/],
  ['no number', withLine(20, '        "Size": NaN'), /line 20, column \d+: JSON has no NaN/],
  [
    'a hexadecimal number',
    withLine(20, '        "Size": 0x280000000'),
    /line 20, .*: the number is not written/,
  ],
  ['a size with a unit', withLine(20, '        "Size": 10 GiB'), /line 20, /],
  [
    'a path of Windows',
    withLine(17, '        "Filename": "C:\\disks\\root.qcow2",'),
    /line 17, .*: the backslash begins no escape/,
  ],
  ['an inner quote', withLine(5, '    "Description": "say "hi" now",'), /line 5, /],
  ['a NUL', withLine(5, '    "Description": "a\u0000b",'), /line 5, .*: a control character/],
  ['a comment that never ends', `${manifestText}/* `, /line 36, column 1: the comment never ends/],
  [
    'Latin-1',
    Buffer.from(withLine(5, '    "Description": "\u00e9",'), 'latin1'),
    /line 5, column 21: the byte 0xe9 is not UTF-8/,
  ],
  ['a bomb', '{"a":'.repeat(10_000), /more than 64 levels/],
  ['too much', ' '.repeat(1024 * 1024 + 1), /has more than 1048576 bytes/],
];

for (const [what, text, says] of refused) {
  test(`does not guess: ${what}`, (t) => {
    const message = refusal(text);
    t.regex(message, says);
    t.false(message.includes(secret.slice(0, 20)));
  });
}

const vandals: ReadonlyArray<(text: string, at: number) => string> = [
  (text, at) => text.slice(0, at) + text.slice(at + 1),
  (text, at) => `${text.slice(0, at)},${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)}'${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)}"${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)}// x\n${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)}/* x */${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)}}${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)}\n${text.slice(at)}`,
  (text, at) => text.slice(0, at),
];

/** All that a text says: its keys and values in their order, whatever stands between them. */
function scalars(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(scalars);
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, inner]) => [key, ...scalars(inner)]);
  return [value];
}

test('a damaged manifest becomes strict JSON with every value of the text, or is refused', async (t) => {
  const position = fc.nat({ max: manifestText.length - 1 });
  const damage = fc.array(fc.tuple(fc.constantFrom(...vandals), position), { minLength: 1, maxLength: 3 });
  const outcomes = { mended: 0, refused: 0 };
  const results: string[] = [];
  fc.assert(
    fc.property(damage, (blows) => {
      const text = blows.reduce((damaged, [vandal, at]) => vandal(damaged, at), manifestText);
      const message = refusal(text);
      if (!message.startsWith('taken')) {
        outcomes.refused += 1;
        return;
      }
      outcomes.mended += 1;
      const repaired = repair(text).text;
      results.push(repaired);
      for (const scalar of scalars(JSON.parse(repaired))) {
        // Each value stands in the damaged text, but for those that are added.
        const raw = typeof scalar === 'string' ? scalar.replaceAll(/[\n\t]/g, '') : String(scalar);
        const isThere = text.replaceAll(/[\n\t\\]/g, '').includes(raw.replaceAll('\\', ''));
        t.true(
          isThere || ['Version', 'Description', 'Type', 'machine', 'Public', 'false', '1'].includes(raw),
          raw,
        );
      }
    }),
    { numRuns: 3000, seed: 42 },
  );
  t.true(outcomes.mended > 300 && outcomes.refused > 300, JSON.stringify(outcomes));
  const running = promisify(execFile)('python3', [
    '-c',
    'import json,sys\nfor text in json.load(sys.stdin): json.loads(text)',
  ]);
  running.child.stdin?.end(JSON.stringify(results));
  await t.notThrowsAsync(running);
});

test('what was mended needs no more mending', (t) => {
  for (const [line, written] of mended) {
    const once = repair(withLine(line, written)).text;
    t.deepEqual(repair(once), { text: once, changes: [] });
  }
});

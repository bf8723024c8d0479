import test from 'ava';
import { ForgeError } from '../../../src/errors.js';
import { repairManifest } from '../../../src/manifest/repair/repair.js';
import { judgedAt, manifestLines, manifestText, withLine } from '../../helpers/manifest-text.js';

const repair = (text: string | Uint8Array) => repairManifest(text, { now: judgedAt });
const refused = (text: string, says: RegExp) => ({ text, says });

for (const { text, says } of [
  refused(withLine(20, '        "Size": 0974'), /^line 20, column 17: '0974' has zeros before the number/),
  refused(withLine(12, '        "Ordering": 00,'), /'00' has zeros before the number/),
  refused(withLine(4, '    "Name": "machine\','), /begins with one kind of quotes and ends with another/),
  refused(`[${','.repeat(30_000)}]`, /more than 20000 faults of syntax/),
]) {
  test(`is not guessed: ${text
    .split('\n')
    .find((line, at) => line !== manifestLines[at])
    ?.slice(0, 40)}`, (t) => {
    const error = t.throws(() => repair(text), { instanceOf: ForgeError });
    t.is(error.code, 'MANIFEST_INVALID');
    t.regex(error.message, says);
  });
}

test('zeros before a number are digits of a code', (t) => {
  const { text, review } = repair(
    withLine(9, '    "ProductTypes": [0001],').replace('"Name"', '"User": 000000000012, "Name"'),
  );
  t.like(JSON.parse(text).Image, { ProductTypes: ['0001'], User: '000000000012' });
  t.true(review.valid);
});

test('literals of other languages, in all their letters', (t) => {
  const { text, changes } = repair(
    withLine(7, '    "Public": FALSE,')
      .replace('"Iops": null', '"Iops": NULL')
      .replace('tion": true', 'tion": TRUE'),
  );
  t.deepEqual(JSON.parse(text), JSON.parse(manifestText));
  t.deepEqual(
    changes.map(({ line, what }) => `${line}: ${what}`),
    ["7: wrote false for 'FALSE'", "15: wrote null for 'NULL'", "16: wrote true for 'TRUE'"],
  );
});

test('as many faults as a manifest can have are mended', (t) => {
  const disk = manifestLines.slice(21, 32).join('\n');
  const disks = Array.from({ length: 39 }, () => disk).join(',\n');
  const whole = `${manifestLines.slice(0, 21).join('\n')}\n${disks}\n]}}`;
  const written = whole
    .replaceAll('"', "'")
    .replaceAll('true', 'True')
    .replaceAll('null', 'None')
    .replaceAll('\n', ' # c\n')
    .replaceAll(/(\d) # c\n +\}/g, '$1, # c\n}');
  const { text, changes } = repair(written);
  t.deepEqual(JSON.parse(text), JSON.parse(whole));
  t.true(changes.length > 1000);
});

test('UTF-16 is known without a mark', (t) => {
  const little = Buffer.from(manifestText, 'utf16le');
  for (const bytes of [little, Buffer.from(little).swap16()]) {
    const { text, changes } = repair(bytes);
    t.is(text, manifestText);
    t.deepEqual(
      changes.map(({ what }) => what),
      ['wrote UTF-8 instead of UTF-16'],
    );
  }
});

test('one line of a megabyte gets what it lacks', (t) => {
  const members = Array.from({ length: 900 }, (_, index) => `"${'Key'.repeat(300)}${index}":1`).join(',');
  const startedMs = performance.now();
  const { text } = repair(`{"Image":{${members}}}`);
  t.like(JSON.parse(text), { Version: 1 });
  t.is(JSON.parse(text).Image.Type, 'machine');
  // It takes less than a second; minutes, were it formatted.
  t.true(performance.now() - startedMs < 40_000);
});

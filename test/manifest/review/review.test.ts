import { readFile } from 'node:fs/promises';
import test from 'ava';
import fc from 'fast-check';
import { composeManifest } from '../../../src/manifest/create.js';
import { repairManifest } from '../../../src/manifest/repair/repair.js';
import { validateManifest } from '../../../src/manifest/review/review.js';
import { architectures, bytesPerGib, productTypes, volumeTypes } from '../../../src/manifest/rules.js';
import { serializeManifest } from '../../../src/manifest/serialize.js';
import { judgedAt, manifestText, secret, urlOf, withLine } from '../../helpers/manifest-text.js';

const options = { now: judgedAt };

test('the sample of the documentation: its three faults of syntax, and all that is doubtful in it', async (t) => {
  const sample = await readFile('test/fixtures/documented-sample.txt');
  const { faults, image, disks, edition } = validateManifest(sample, options);
  t.deepEqual(
    faults.map(({ severity, code, path, line }) => `${line} ${severity} ${code} ${path}`),
    [
      '2 error missing-comma ',
      '12 warning url-http Image.Snapshots[0].PreSignedUrl',
      '12 error url-no-key Image.Snapshots[0].PreSignedUrl',
      '12 warning url-unsigned Image.Snapshots[0].PreSignedUrl',
      '18 error missing-comma Image.Snapshots',
      '22 warning url-http Image.Snapshots[1].PreSignedUrl',
      '22 error url-no-key Image.Snapshots[1].PreSignedUrl',
      '22 warning url-unsigned Image.Snapshots[1].PreSignedUrl',
      '22 warning duplicate-url Image.Snapshots[1].PreSignedUrl',
      '26 warning device-sda Image.Snapshots[1].Device',
      '27 warning size-sector Image.Snapshots[1].Size',
      '35 error trailing-comma ',
    ],
  );
  t.is(image.name, 'OMI_NAME');
  t.is(edition, 'A/B');
  t.deepEqual(
    disks.map(({ device }) => device),
    ['/dev/sda1', '/dev/sda2'],
  );
});

test('faults come at once, those of syntax and those of the service', (t) => {
  const text = '{"Version": 2 // two\n "Image": {\'Name\': "x", "Snapshots": [{"Size": True},]}}';
  const codes = validateManifest(text, options).faults.map(({ code }) => code);
  for (const code of [
    'version',
    'comment',
    'missing-comma',
    'single-quotes',
    'name',
    'foreign-literal',
    'wrong-type',
    'trailing-comma',
  ]) {
    t.true(codes.includes(code), `${code} in ${codes}`);
  }
});

test('whose keys a manifest has', (t) => {
  const withKeys = (...keys: readonly string[]) => {
    const disk = Object.fromEntries(keys.map((key) => [key, null]));
    return validateManifest(JSON.stringify({ Image: { Snapshots: [disk] } }), options).edition;
  };
  t.is(withKeys('Ordering', 'CompressedSize', 'Size'), 'A/B');
  t.is(withKeys('Iops', 'Size'), 'C');
  t.is(withKeys('Size'), 'C');
  t.is(withKeys('Ordering', 'Iops'), 'all');
  t.is(withKeys(), 'none');
  t.is(validateManifest('{}', options).edition, 'none');
});

test('what is too long, or too much, is told of as such', (t) => {
  const codes = (text: string | Uint8Array) => validateManifest(text, options).faults.map(({ code }) => code);
  t.deepEqual(codes(' '.repeat(1024 * 1024 + 1)), ['too-large']);
  t.deepEqual(codes(Buffer.alloc(1024 * 1024 + 1)), ['too-large']);
  t.deepEqual(codes('{"a":'.repeat(1000)).slice(0, 1), ['too-deep']);
  const many = codes(`{"Image": {${Array.from({ length: 5000 }, (_, index) => `"k${index}": 1`).join()}}}`);
  t.is(many.length, 1001);
  t.true(many.includes('too-many-faults'));
});

const disk = fc.record({
  virtualSizeBytes: fc.oneof(
    fc.integer({ min: 1, max: 14_901 }).map((gib) => gib * bytesPerGib),
    fc.integer({ min: 1, max: 14_901 * bytesPerGib }),
  ),
  objectSizeBytes: fc.integer({ min: 1, max: 2 ** 45 }),
  filename: fc.stringMatching(/^[a-z]{1,9}\.(?:raw|qcow2)(?:\.gz)?$/),
  volumeType: fc.constantFrom(...volumeTypes),
  deleteOnTermination: fc.boolean(),
});

test('a manifest that is made here has no errors', (t) => {
  const request = fc.record({
    name: fc.stringMatching(/^[A-Za-z0-9_ ()/.-]{3,128}$/),
    description: fc.string(),
    architecture: fc.constantFrom(...architectures),
    productTypes: fc.uniqueArray(fc.constantFrom(...productTypes), { minLength: 1 }),
    user: fc.option(fc.stringMatching(/^[0-9]{12}$/), { nil: undefined }),
  });
  fc.assert(
    fc.property(request, fc.array(disk, { minLength: 1, maxLength: 40 }), (omi, disks) => {
      const placed = disks.map((each) => ({
        ...each,
        iops: each.volumeType === 'io1' ? 100 : undefined,
        preSignedUrl: urlOf(each.filename),
      }));
      const text = serializeManifest(composeManifest(omi, placed).manifest);
      const { faults, edition } = validateManifest(text, options);
      t.deepEqual(
        faults.filter(({ severity }) => severity === 'error'),
        [],
      );
      t.is(edition, 'all');
      t.is(repairManifest(text, options).text, text);
    }),
    { numRuns: 200 },
  );
});

const insertions = [
  '"',
  "'",
  ',',
  '{',
  '}',
  '[',
  ']',
  ':',
  '\\',
  '//',
  '/*',
  '\n',
  '\u0000',
  '\u201c',
  'NaN',
  '0',
  '-',
  '?',
  '&',
  'e',
];

test('a manifest that is changed in any way is judged, and no signature comes out', (t) => {
  const blow = fc.record({
    at: fc.nat({ max: manifestText.length }),
    removed: fc.constantFrom(0, 0, 1, 1, 2, 10, 500),
    inserted: fc.oneof(fc.constantFrom('', ...insertions), fc.string({ unit: 'binary', maxLength: 3 })),
  });
  fc.assert(
    fc.property(fc.array(blow, { minLength: 1, maxLength: 4 }), (blows) => {
      const text = blows.reduce(
        (changed, { at, removed, inserted }) => changed.slice(0, at) + inserted + changed.slice(at + removed),
        manifestText,
      );
      const review = validateManifest(text, options);
      const told = JSON.stringify(review.faults);
      t.false(told.includes(secret.slice(0, 20)), text);
      const lines = text.split(/\r\n|\r|\n/).length;
      t.true(review.faults.every(({ line, column }) => line >= 1 && line <= lines && column >= 1));
    }),
    { numRuns: 5000 },
  );
});

test('bytes of any kind are judged', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const { valid, faults } = validateManifest(bytes, options);
      t.false(valid);
      t.true(faults.length > 0);
    }),
    { numRuns: 2000 },
  );
});

test('an entry that is no disk may be the one with the root device', (t) => {
  const text = withLine(11, '      null, {').replace('/dev/sda1', '/dev/xvdc');
  const codes = validateManifest(text, { now: judgedAt }).faults.map(({ code }) => code);
  t.deepEqual(codes, ['wrong-type']);
});

test('of two limits of iops the smaller one is named', (t) => {
  const text = withLine(26, '        "Iops": 20000,').replace('"Size": 21474836480', '"Size": 10737418240');
  const [fault] = validateManifest(text, { now: judgedAt }).faults;
  t.is(fault?.message, '20000 Iops are not allowed; use 1 to 3000');
});

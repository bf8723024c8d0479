import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { hashInputs, isStampValid, writeStamp } from '../../setup/stamp.mjs';
import { buildSteps, runStep } from '../../setup/steps.mjs';

const test = anyTest as TestFn<{ folder: string }>;

test.beforeEach(async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'omiforge-stamp-'));
  await mkdir(join(folder, 'src', 'deep'), { recursive: true });
  await writeFile(join(folder, 'src', 'a.ts'), 'a');
  await writeFile(join(folder, 'src', 'deep', 'b.ts'), 'b');
  await writeFile(join(folder, 'src', 'image.raw'), 'data');
  t.context.folder = folder;
});

test.afterEach.always((t) => rm(t.context.folder, { recursive: true }));

test('the hash follows content, names and facts, and nothing else', async (t) => {
  const { folder } = t.context;
  const hash = () => hashInputs(folder, ['src', 'not-there'], { endings: ['.ts'], facts: ['v20'] });
  const before = hash();
  await utimes(join(folder, 'src', 'a.ts'), 1, 1);
  await writeFile(join(folder, 'src', 'image.raw'), 'other data');
  t.is(hash(), before, 'a new date, or a file with another ending');
  t.not(hashInputs(folder, ['src'], { endings: ['.ts'], facts: ['v22'] }), before, 'another fact');
  await writeFile(join(folder, 'src', 'deep', 'b.ts'), 'c');
  t.not(hash(), before, 'other content');
  await writeFile(join(folder, 'src', 'deep', 'b.ts'), 'b');
  t.is(hash(), before, 'the first content again');
  await writeFile(join(folder, 'src', 'c.ts'), '');
  t.not(hash(), before, 'one more file');
});

test('the hash is the same in another copy of the tree', async (t) => {
  const copy = await mkdtemp(join(tmpdir(), 'omiforge-stamp-copy-'));
  t.teardown(() => rm(copy, { recursive: true }));
  await mkdir(join(copy, 'src'));
  await writeFile(join(copy, 'src', 'a.ts'), 'a');
  t.is(hashInputs(copy, ['src/a.ts']), hashInputs(t.context.folder, ['src/a.ts']));
});

test('a stamp is valid for its own hash while no result is newer or gone', async (t) => {
  const { folder } = t.context;
  const stamp = join(folder, 'stamp');
  const results = join(folder, 'src');
  t.false(isStampValid(stamp, 'hash', results), 'no stamp');
  writeStamp(stamp, 'hash');
  t.true(isStampValid(stamp, 'hash', results));
  t.false(isStampValid(stamp, 'other hash', results));
  t.false(isStampValid(stamp, 'hash', join(folder, 'not-there')), 'no result');
  const later = new Date(Date.now() + 60_000);
  await utimes(join(results, 'deep', 'b.ts'), later, later);
  t.false(isStampValid(stamp, 'hash', results), 'somebody else made a result since');
});

test('a step runs when something changed, and not again', async (t) => {
  const { folder } = t.context;
  let runs = 0;
  const step = {
    name: 'step',
    inputHash: () => hashInputs(folder, ['src']),
    stampPath: join(folder, 'stamp'),
    results: join(folder, 'result'),
    make: async () => {
      runs += 1;
      await writeFile(join(folder, 'result'), '');
    },
  };
  const run = async () => undefined;
  t.true(await runStep(step, run));
  t.false(await runStep(step, run));
  await writeFile(join(folder, 'src', 'a.ts'), 'changed');
  t.true(await runStep(step, run));
  t.is(runs, 2);
});

test('the program is compiled and bundled again when anything that it is made of changes', async (t) => {
  const { folder } = t.context;
  const step = buildSteps(folder).find(({ name }) => name === 'TypeScript');
  if (step === undefined) throw new Error('there is no such step');
  let before = step.inputHash();
  for (const path of ['src/main.cts', 'src/deep/c.ts', 'setup/bundle.mjs', 'package-lock.json']) {
    await mkdir(join(folder, 'setup'), { recursive: true });
    await writeFile(join(folder, path), '{}');
    const after = step.inputHash();
    t.not(after, before, path);
    before = after;
  }
});

test('a step that failed runs again', async (t) => {
  const { folder } = t.context;
  const make = async () => undefined;
  const step = {
    name: 'step',
    inputHash: () => 'hash',
    stampPath: join(folder, 'stamp'),
    results: folder,
    make,
  };
  const run = async () => undefined;
  t.true(await runStep(step, run));
  const failing = { ...step, inputHash: () => 'new', make: () => Promise.reject(new Error('no compiler')) };
  await t.throwsAsync(runStep(failing, run), { message: 'no compiler' });
  t.true(await runStep(step, run), 'what it left behind counts for nothing');
});

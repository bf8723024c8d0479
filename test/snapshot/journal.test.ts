import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { ForgeError } from '../../src/errors.js';
import type { DiskOptions, SourceIdentity } from '../../src/snapshot/disk-result.js';
import { Journal, journalName } from '../../src/snapshot/journal.js';
import { makeFolder } from '../helpers/folder.js';

const source: SourceIdentity = {
  path: '/a.raw',
  sizeBytes: 10,
  modifiedNs: '12345678901234567890',
  inode: '7',
  device: '1',
};
const options: DiskOptions = {
  sourceFormat: undefined,
  snapshot: undefined,
  format: 'qcow2',
  level: 0,
  padBytes: undefined,
};

test('what is noted is there for the next run', async (t) => {
  await using folder = await makeFolder();
  const journal = await Journal.open(folder.path);
  t.is(journal.entry('web/disk0.qcow2'), undefined);
  await Promise.all(['a', 'b', 'c'].map((file) => journal.note(file, { source, options })));
  const again = await Journal.open(folder.path);
  for (const file of ['a', 'b', 'c']) t.deepEqual(again.matching(file, source, options)?.source, source);
});

test('another source or another option is no match', async (t) => {
  await using folder = await makeFolder();
  await (await Journal.open(folder.path)).note('a', { source, options });
  const journal = await Journal.open(folder.path);
  for (const [key, value] of Object.entries({
    path: '/b',
    sizeBytes: 11,
    modifiedNs: '1',
    inode: '8',
  })) {
    t.is(journal.matching('a', { ...source, [key]: value }, options), undefined, key);
  }
  for (const [key, value] of Object.entries({
    sourceFormat: 'raw',
    snapshot: 'x',
    format: 'raw',
    level: 1,
    padBytes: 512,
  })) {
    t.is(journal.matching('a', source, { ...options, [key]: value }), undefined, key);
  }
  t.truthy(journal.matching('a', { ...source }, { ...options }));
  // A disk that is attached anew is another device.
  t.truthy(journal.matching('a', { ...source, device: '2' }, options));
});

test('what is no journal is an error, and stays as it is', async (t) => {
  await using folder = await makeFolder();
  for (const text of ['', '{', '[]', '{"version":2,"disks":{}}', '{"version":1,"disks":{"a":{}}}']) {
    await writeFile(folder.at(journalName), text);
    const error = await t.throwsAsync(Journal.open(folder.path), { instanceOf: ForgeError });
    t.is((error as ForgeError).code, 'PREPARED_DAMAGED');
    t.is(await readFile(folder.at(journalName), 'utf8'), text);
  }
});

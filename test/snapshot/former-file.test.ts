import test from 'ava';
import type { ConvertedFacts, DiskResult } from '../../src/snapshot/disk-result.js';
import { isOurs, mayBeOurs } from '../../src/snapshot/former-file.js';
import type { JournalEntry, MadeDisk } from '../../src/snapshot/journal.js';

const facts = (fileId: string, fileBytes: number): ConvertedFacts => ({
  sourceFormat: 'raw',
  virtualSizeBytes: 4096,
  readBytes: 4096,
  fileBytes,
  fileId,
  guestDigest: '0'.repeat(64),
  engine: undefined,
  engineLevel: undefined,
  elapsedMs: 1,
});
const made = (fileId: string, fileBytes: number): MadeDisk => ({
  source: { path: '/a.raw', sizeBytes: 1, modifiedNs: '1', inode: '1', device: '1' },
  options: { sourceFormat: undefined, snapshot: undefined, format: 'raw', level: 0, padBytes: undefined },
  converted: facts(fileId, fileBytes),
  result: { ...facts(fileId, fileBytes), sha256: '1'.repeat(64) } as DiskResult,
});
const entry: JournalEntry = {
  ...made('14 1700', 100),
  replacedFileId: '15 1600',
  former: made('16 1500', 200),
};
const timeless: JournalEntry = { ...made('14 0', 100), replacedFileId: '15 0', former: made('16 0', 200) };
const never = async () => false;
const always = async () => true;

test('a file is known by inode and time of birth, whatever has become of it', async (t) => {
  for (const fileId of ['14 1700', '15 1600', '16 1500']) {
    t.true(await isOurs({ fileId, lengthBytes: 7 }, entry, never), fileId);
    t.true(mayBeOurs({ fileId, lengthBytes: 7 }, entry));
  }
  t.false(await isOurs({ fileId: '14 1800', lengthBytes: 7 }, entry, always));
  t.false(await isOurs({ fileId: '14 1700', lengthBytes: 100 }, undefined, always));
});

test('without a time of birth, and in a copied directory, its bytes are what counts', async (t) => {
  for (const fileId of ['14 0', '15 0', '99 0']) {
    t.false(await isOurs({ fileId, lengthBytes: 7 }, timeless, always), fileId);
    t.false(await isOurs({ fileId, lengthBytes: 100 }, timeless, never), fileId);
    t.true(await isOurs({ fileId, lengthBytes: 100 }, timeless, always), fileId);
  }
  const isFormer = async (one: MadeDisk) => one === entry.former;
  t.true(await isOurs({ fileId: '99 9', lengthBytes: 200 }, entry, isFormer));
  t.false(await isOurs({ fileId: '99 9', lengthBytes: 100 }, entry, isFormer));
});

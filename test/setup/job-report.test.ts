import test from 'ava';
import { nextLines, reportTable } from '../../setup/job-report.js';

const facts = {
  source: '/images/disk.raw',
  target: '/home/me/omiforge/quickstart/disk.qcow2.gz',
  manifest: '/home/me/omiforge/quickstart/disk.manifest.json',
  virtualSizeBytes: 4 * 2 ** 30,
  dataBytes: 700 * 2 ** 20,
  writtenBytes: 245 * 2 ** 20,
  conversionMs: 3500,
  verificationMs: 1200,
  urlsExpireAt: new Date('2027-01-08T10:20:30Z'),
};

test('the table has what was done, in units for people, with paths from where the user stands', (t) => {
  t.deepEqual(reportTable(facts, '/home/me/omiforge').split('\n'), [
    '  disk             /images/disk.raw',
    '  image            quickstart/disk.qcow2.gz',
    '  manifest         quickstart/disk.manifest.json',
    '  virtual size     4 GiB',
    '  data in it       700 MiB',
    '  qcow2.gz         245 MiB, ratio 0.35',
    '  converted in     3.5s, 200 MiB/s of data',
    '  verified in      1.2s, reads back as the disk',
    '  URL works until  2027-01-08 10:20 UTC, signed with throw-away keys',
  ]);
});

test('a disk without data has no ratio and no throughput', (t) => {
  const table = reportTable({ ...facts, dataBytes: 0, writtenBytes: 506 }, '/home/me/omiforge');
  t.regex(table, /qcow2\.gz +506 B, no data\n/);
  t.regex(table, /converted in +3\.5s, no data\n/);
});

test('the commands to go on with can be pasted into a shell', (t) => {
  const target = "/home/me/my images/it's.qcow2.gz";
  for (const line of nextLines({ ...facts, target }, '/home/me').split('\n')) {
    t.true(line.endsWith(`'my images/it'\\''s.qcow2.gz'`), line);
  }
});

import test from 'ava';
import { inspectGuest } from '../../src/index.js';
import { diskOf, notesOf, warningsOf, writeExt4, writeMbr } from './disks.js';

const sector = 512;

function blank(sectors = 4096): Buffer {
  return Buffer.alloc(sectors * sector);
}

test('primary and logical partitions', (t) => {
  const bytes = blank();
  bytes.writeUInt32LE(0xcafe_0001, 440);
  writeMbr(bytes, [
    { type: 0x83, first: 100, count: 50, isActive: true },
    { type: 0x05, first: 1000, count: 2000 },
    { type: 0x07, first: 200, count: 10 },
  ]);
  writeMbr(
    bytes,
    [
      { type: 0x82, first: 10, count: 90 },
      { type: 0x05, first: 500, count: 400 },
    ],
    1000 * sector,
  );
  writeMbr(bytes, [{ type: 0x8e, first: 10, count: 90 }], 1500 * sector);
  const report = inspectGuest(diskOf(bytes));
  t.deepEqual(report.table, { kind: 'mbr', sectorSizeBytes: 512, diskId: 'cafe0001' });
  const told = report.partitions.map(({ number, typeName, startBytes, lengthBytes, isActive, isLogical }) => [
    number,
    typeName,
    startBytes / sector,
    lengthBytes / sector,
    isActive,
    isLogical,
  ]);
  t.deepEqual(told, [
    [1, 'Linux', 100, 50, true, false],
    [2, 'extended', 1000, 2000, false, false],
    [3, 'NTFS or exFAT', 200, 10, false, false],
    [5, 'Linux swap or Solaris', 1010, 90, false, true],
    [6, 'Linux LVM', 1510, 90, false, true],
  ]);
  t.deepEqual(report.findings, []);
});

test('a chain of logical partitions that goes in circles, nowhere, or on and on', (t) => {
  const chain = (link: (bytes: Buffer) => void) => {
    const bytes = blank();
    writeMbr(bytes, [{ type: 0x0f, first: 1000, count: 3000 }]);
    link(bytes);
    return inspectGuest(diskOf(bytes));
  };
  const circle = chain((bytes) => {
    writeMbr(
      bytes,
      [
        { type: 0x83, first: 1, count: 2 },
        { type: 0x05, first: 100, count: 1 },
      ],
      1000 * sector,
    );
    writeMbr(
      bytes,
      [
        { type: 0x83, first: 1, count: 2 },
        { type: 0x05, first: 100, count: 1 },
      ],
      1100 * sector,
    );
  });
  t.deepEqual(warningsOf(circle), [
    'the chain of logical partitions in partition 1 leads back to sector 1100, where it has been',
  ]);
  t.is(circle.partitions.length, 3);
  const far = chain((bytes) =>
    writeMbr(bytes, [{ type: 0x05, first: 0xffff_ffff, count: 1 }], 1000 * sector),
  );
  t.deepEqual(warningsOf(far), [
    `the chain of logical partitions in partition 1 leads to sector ${0xffff_ffff + 1000}, past the end of the disk`,
  ]);
  const blankLink = chain(() => {});
  t.deepEqual(warningsOf(blankLink), [
    'the chain of logical partitions in partition 1 leads to sector 1000, which is none of its links',
  ]);
  const long = chain((bytes) => {
    for (let at = 0; at < 1000; at += 1) {
      writeMbr(
        bytes,
        [
          { type: 0x83, first: 1, count: 1 },
          { type: 0x05, first: at + 1, count: 1 },
        ],
        (1000 + at) * sector,
      );
    }
  });
  t.true(warningsOf(long).includes('the chain of logical partitions in partition 1 has more than 128 links'));
  t.is(long.partitions.length, 129);
});

test('four extended partitions with long chains stay within bounds', (t) => {
  const bytes = blank();
  writeMbr(
    bytes,
    [100, 1000, 2000, 3000].map((first) => ({ type: 0x05, first, count: 900 })),
  );
  for (const start of [100, 1000, 2000, 3000]) {
    for (let at = 0; at < 200; at += 1) {
      writeMbr(
        bytes,
        [
          { type: 0x83, first: 1, count: 1 },
          { type: 0x05, first: at + 1, count: 1 },
        ],
        (start + at) * sector,
      );
    }
  }
  const report = inspectGuest(diskOf(bytes));
  t.is(report.partitions.length, 256);
  t.true(report.findings.length <= 100);
  t.true(report.partitions.every(({ number }, index) => number === index + 1));
});

test('partitions that overlap or are not all there', (t) => {
  const bytes = blank();
  writeMbr(bytes, [
    { type: 0x83, first: 100, count: 100 },
    { type: 0x83, first: 150, count: 10 },
    { type: 0x83, first: 4000, count: 0xffff_ffff },
    { type: 0x83, first: 0xffff_ffff, count: 0xffff_ffff },
  ]);
  const report = inspectGuest(diskOf(bytes));
  const messages = warningsOf(report);
  t.is(messages.filter((message) => message.startsWith('partitions 1 and 2 overlap')).length, 1);
  t.is(messages.filter((message) => message.includes('reaches past the end')).length, 1);
  t.is(messages.filter((message) => message.includes('lies past the end')).length, 1);
  t.is(report.partitions[3]?.startBytes, 0xffff_ffff * 512);
});

test('several active partitions', (t) => {
  const bytes = blank();
  writeMbr(bytes, [
    { type: 0x83, first: 100, count: 100, isActive: true },
    { type: 0x83, first: 200, count: 100, isActive: true },
  ]);
  t.deepEqual(notesOf(inspectGuest(diskOf(bytes))), [
    'partitions 1, 2 are all active, where a BIOS expects one',
  ]);
});

test('a sector that ends like an MBR is none where its table is no table', (t) => {
  const bytes = blank();
  writeMbr(bytes, [{ type: 0x83, first: 100, count: 100 }]);
  bytes.writeUInt8(0x12, 446);
  const report = inspectGuest(diskOf(bytes));
  t.is(report.table.kind, 'none');
  t.deepEqual(notesOf(report), ['nothing known is on the disk: no partition table and no file system']);
});

test('a file system on the whole disk, with a boot signature of its own', (t) => {
  const bytes = blank();
  writeMbr(bytes, []);
  writeExt4(bytes, 0, bytes.length);
  const report = inspectGuest(diskOf(bytes));
  t.is(report.table.kind, 'none');
  t.is(report.fileSystem?.type, 'ext4');
  t.deepEqual(report.findings, []);
});

test('a partition table beside a file system on the whole disk', (t) => {
  const bytes = blank();
  writeMbr(bytes, [{ type: 0x83, first: 2048, count: 100 }]);
  writeExt4(bytes, 0, bytes.length);
  const report = inspectGuest(diskOf(bytes));
  t.is(report.table.kind, 'mbr');
  t.is(report.fileSystem?.type, 'ext4');
  t.regex(notesOf(report).join(), /and the superblock of ext4 on the whole disk: one of them is a leftover/);
});

test('disks with nothing on them', (t) => {
  for (const sizeBytes of [0, 1, 511, 512, 4096, 100_000, 3 * 2 ** 20]) {
    const report = inspectGuest(diskOf(Buffer.alloc(sizeBytes)));
    t.true(report.isEmpty, `${sizeBytes}`);
    t.is(report.table.kind, 'none');
    t.deepEqual(report.bootModes, []);
    t.regex(notesOf(report).join(), /^the disk is empty/);
  }
  const bytes = blank();
  bytes.writeUInt8(1, 5000);
  t.false(inspectGuest(diskOf(bytes)).isEmpty);
  t.regex(notesOf(inspectGuest(diskOf(bytes))).join(), /^nothing known/);
});

test('a table without partitions', (t) => {
  const bytes = blank();
  writeMbr(bytes, []);
  const report = inspectGuest(diskOf(bytes));
  t.is(report.table.kind, 'mbr');
  t.deepEqual(notesOf(report), ['the partition table has no partitions']);
});

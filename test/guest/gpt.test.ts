import test from 'ava';
import { inspectGuest } from '../../src/index.js';
import {
  diskOf,
  type GptOptions,
  type GptPartition,
  notesOf,
  signHeader,
  types,
  warningsOf,
  writeExt4,
  writeGpt,
  writeMbr,
} from './disks.js';

const mebibyte = 2 ** 20;

const one: readonly GptPartition[] = [
  { type: types.linux, first: 2048, last: 4095, name: 'root', attributes: 1n | 4n | (1n << 60n) },
];

function disk(partitions: readonly GptPartition[] = one, options: GptOptions = {}): Buffer {
  const bytes = Buffer.alloc(4 * mebibyte);
  writeGpt(bytes, partitions, options);
  return bytes;
}

test('a GPT in order has nothing to be said of', (t) => {
  const report = inspectGuest(diskOf(disk()));
  t.deepEqual(report.table, {
    kind: 'gpt',
    sectorSizeBytes: 512,
    mbr: 'protective',
    diskGuid: '11111111-2222-3333-4444-555555555555',
    primary: { isPresent: true, isHeaderSound: true, areEntriesSound: true },
    backup: { isPresent: true, isHeaderSound: true, areEntriesSound: true },
    isBackupAtEnd: true,
  });
  t.deepEqual(report.partitions, [
    {
      number: 1,
      typeId: types.linux,
      typeName: 'Linux file system',
      startBytes: mebibyte,
      lengthBytes: mebibyte,
      name: 'root',
      uuid: 'AAAAAAAA-0000-0000-0000-000000000000',
      isActive: true,
      attributes: ['required', 'legacy BIOS bootable', 'bit 60'],
      isLogical: false,
      fileSystem: undefined,
    },
  ]);
  t.deepEqual(report.findings, []);
  t.false(report.isEmpty);
});

test('with sectors of 4096 bytes everything is in its place, and people are told', (t) => {
  const report = inspectGuest(
    diskOf(disk([{ type: types.linux, first: 256, last: 511 }], { sectorSize: 4096 })),
  );
  t.like(report.table, { kind: 'gpt', sectorSizeBytes: 4096, isBackupAtEnd: true });
  t.like(report.partitions[0], { startBytes: mebibyte, lengthBytes: mebibyte });
  t.deepEqual(warningsOf(report), [
    'the GPT is made for sectors of 4096 bytes; a machine whose disk has sectors of 512 finds no partitions',
  ]);
});

test('of larger and more entries each is found', (t) => {
  for (const options of [{ entryBytes: 256 }, { entryBytes: 4096, entryCount: 16 }, { entryCount: 4 }]) {
    const two = [...one, { type: types.efi, first: 4096, last: 4099, name: 'esp' }];
    const { partitions, findings } = inspectGuest(diskOf(disk(two, options)));
    t.deepEqual(
      partitions.map(({ number, name }) => [number, name]),
      [
        [1, 'root'],
        [2, 'esp'],
      ],
    );
    t.deepEqual(
      findings.map(({ message }) => message),
      ['partition 2 is an EFI system partition, but there is no FAT in it'],
    );
  }
});

test('more entries than are read are an open gap, not a crash', (t) => {
  const { partitions, ...report } = inspectGuest(diskOf(disk(one, { entryCount: 4096 })));
  t.deepEqual(partitions, []);
  t.like(report.table, { primary: { isHeaderSound: true, areEntriesSound: false } });
  t.regex(
    warningsOf({ ...report, partitions })[0] ?? '',
    /states 4096 entries of 128 bytes, more than the 262144 bytes/,
  );
});

test('a damaged primary is told of, and the backup is read', (t) => {
  for (const at of [512 + 60, 1024 + 40]) {
    const bytes = disk();
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    const report = inspectGuest(diskOf(bytes));
    t.is(report.partitions[0]?.name, 'root');
    t.is(report.partitions[0]?.startBytes, mebibyte);
    t.like(report.table, { diskGuid: '11111111-2222-3333-4444-555555555555' });
    const [warning, ...more] = warningsOf(report);
    t.regex(warning ?? '', /^the primary GPT is damaged: .*'sgdisk -e' writes both anew$/);
    t.deepEqual(more, []);
  }
});

test('a wiped primary is told of, and the backup is read', (t) => {
  const bytes = disk();
  bytes.fill(0, 512, 1024);
  const report = inspectGuest(diskOf(bytes));
  t.is(report.partitions[0]?.name, 'root');
  t.deepEqual(warningsOf(report), [
    "the primary GPT is missing; the backup is sound, and 'sgdisk -e' writes both anew",
  ]);
});

test('a damaged or missing backup is told of', (t) => {
  const damaged = disk();
  damaged.writeUInt8(1, damaged.length - 512 + 9);
  t.regex(
    warningsOf(inspectGuest(diskOf(damaged))).join(),
    /^the backup GPT is damaged: its header is damaged .*anew$/,
  );
  const missing = disk();
  missing.fill(0, missing.length - 512);
  t.deepEqual(warningsOf(inspectGuest(diskOf(missing))), [
    "the backup GPT is missing; 'sgdisk -e' writes it anew",
  ]);
});

test('where no copy is sound its partitions are shown, with a warning', (t) => {
  const bytes = disk();
  bytes.writeUInt8(0x7f, 1024 + 60);
  bytes.writeUInt8(0x7f, bytes.length - 512 * 33 + 60);
  const report = inspectGuest(diskOf(bytes));
  t.is(report.partitions.length, 1);
  t.true(
    warningsOf(report).includes('no copy of the GPT is sound: systems see no partitions; restore the table'),
  );
});

test('a disk that was made larger', (t) => {
  const bytes = Buffer.concat([disk(), Buffer.alloc(mebibyte)]);
  const report = inspectGuest(diskOf(bytes));
  t.like(report.table, { isBackupAtEnd: false, backup: { isPresent: true, isHeaderSound: true } });
  t.deepEqual(warningsOf(report), []);
  t.deepEqual(notesOf(report), [
    "the backup GPT is in sector 8191, and not in the last one, 10239: the disk was made larger; 'sgdisk -e' moves it to the end",
  ]);
});

test('a disk that was cut off', (t) => {
  const bytes = disk(one).subarray(0, 3 * mebibyte);
  const report = inspectGuest(diskOf(bytes));
  t.like(report.table, { isBackupAtEnd: false, backup: { isPresent: false } });
  t.is(warningsOf(report).length, 1);
  t.regex(
    warningsOf(report)[0] ?? '',
    /last sector is 8191, and here it is 6143: the image is cut off .*'sgdisk -e'$/,
  );

  writeExt4(bytes, mebibyte, mebibyte);
  const short = inspectGuest(diskOf(bytes.subarray(0, 1.5 * mebibyte)));
  t.is(short.partitions[0]?.fileSystem?.isCutOff, true);
  const messages = warningsOf(short).join('\n');
  t.regex(
    messages,
    /partition 1 reaches past the end of the disk: it ends at byte 2097152, the disk at 1572864/,
  );
  t.regex(messages, /the ext4 on partition 1 has 1048576 bytes, more than partition 1/);
});

test('copies that name different partitions', (t) => {
  const bytes = disk();
  const other = disk([{ type: types.linux, first: 4096, last: 5000 }]);
  other.copy(bytes, bytes.length - 33 * 512, bytes.length - 33 * 512);
  const report = inspectGuest(diskOf(bytes));
  t.is(report.partitions[0]?.startBytes, mebibyte);
  t.deepEqual(warningsOf(report), [
    'the two copies of the GPT name different partitions; the primary counts',
  ]);
});

test('partitions that overlap, end before they begin, or have no place', (t) => {
  const report = inspectGuest(
    diskOf(
      disk([
        { type: types.linux, first: 2048, last: 6000 },
        { type: types.linux, first: 3000, last: 3001 },
        { type: types.linux, first: 4000, last: 3999 },
        { type: types.linux, first: 5000, last: 2n ** 64n - 1n },
        { type: types.linux, first: 2n ** 63n, last: 2n ** 63n },
        { type: types.linux, first: 3, last: 10 },
      ]),
    ),
  );
  t.is(report.partitions.length, 6);
  t.true(report.partitions.every(({ startBytes, lengthBytes }) => Number.isFinite(startBytes + lengthBytes)));
  t.deepEqual(JSON.parse(JSON.stringify(report)).partitions.length, 6);
  const messages = warningsOf(report);
  for (const expected of [
    /^partitions 1 and 2 overlap/,
    /^partitions 1 and 4 overlap/,
    /^partitions 4 and 5 overlap/,
    /^partition 3 ends before it begins/,
    /^partition 4 reaches past the end of the disk/,
    /^partition 5 lies past the end of the disk/,
    /^partition 6 reaches into the room of the GPT/,
  ]) {
    t.is(messages.filter((message) => expected.test(message)).length, 1, `${expected}`);
  }
  t.is(messages.length, 7);
});

test('no MBR that tells of the GPT', (t) => {
  const bytes = disk();
  bytes.fill(0, 0, 512);
  const bare = inspectGuest(diskOf(bytes));
  t.like(bare.table, { kind: 'gpt', mbr: 'missing' });
  t.regex(warningsOf(bare).join(), /^the GPT has no protective MBR/);

  writeMbr(bytes, [{ type: 0x83, first: 2048, count: 2048 }]);
  const former = inspectGuest(diskOf(bytes));
  t.is(former.table.kind, 'mbr');
  t.is(former.partitions[0]?.typeId, '0x83');
  t.regex(notesOf(former).join(), /^there is a GPT, but no MBR that says so/);
});

test('what a former GPT has left at the end is no table', (t) => {
  const bytes = disk();
  bytes.fill(0, 0, 34 * 512);
  writeExt4(bytes, 0, bytes.length);
  const report = inspectGuest(diskOf(bytes));
  t.is(report.table.kind, 'none');
  t.is(report.fileSystem?.type, 'ext4');
  t.regex(notesOf(report).join(), /^there is a GPT, but no MBR that says so/);
});

test('a hybrid MBR', (t) => {
  const bytes = disk();
  writeMbr(bytes, [
    { type: 0xee, first: 1, count: 2047 },
    { type: 0x83, first: 2048, count: 2048, isActive: true },
  ]);
  const report = inspectGuest(diskOf(bytes));
  t.like(report.table, { kind: 'gpt', mbr: 'hybrid' });
  t.is(report.partitions[0]?.name, 'root');
  t.regex(notesOf(report).join(), /hybrid/);
});

test('a GPT that is lost', (t) => {
  const bytes = disk();
  bytes.fill(0, 512);
  const report = inspectGuest(diskOf(bytes));
  t.is(report.table.kind, 'mbr');
  t.deepEqual(report.partitions, []);
  t.deepEqual(warningsOf(report), ['the MBR says that there is a GPT, but there is none: its table is lost']);
});

test('a header that is signed, and lies', (t) => {
  const lies: readonly ((header: Buffer) => void)[] = [
    (header) => header.writeBigUInt64LE(2n ** 64n - 1n, 32),
    (header) => header.writeBigUInt64LE(2n ** 64n - 1n, 72),
    (header) => header.writeBigUInt64LE(0n, 48),
    (header) => header.writeUInt32LE(0xffff_ffff, 80),
    (header) => header.writeUInt32LE(0xffff_ffff, 84),
    (header) => header.writeUInt32LE(0, 84),
    (header) => header.writeUInt32LE(0, 80),
    (header) => header.writeUInt32LE(1, 84),
  ];
  for (const lie of lies) {
    const bytes = disk();
    const header = bytes.subarray(512, 1024);
    lie(header);
    signHeader(header);
    const report = inspectGuest(diskOf(bytes));
    t.is(report.table.kind, 'gpt');
    t.not(warningsOf(report).length + notesOf(report).length, 0);
  }
});

import { writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { type GuestDisk, type GuestReport, guestWarnings, inspectGuest } from '../../src/index.js';
import { fileDisk, makeBlank, useTool } from '../helpers/disk-tools.js';
import { makeFolder } from '../helpers/folder.js';
import { diskOf, patched, types, writeExt4, writeGpt, writeGrub, writeMbr, writeNtfs } from './disks.js';

const mebibyte = 2 ** 20;

/** Reads of a disk are counted; {@link diskOf} throws where one is outside. */
function counted(disk: GuestDisk): GuestDisk & { readonly readBytes: () => number } {
  let readBytes = 0;
  return {
    sizeBytes: disk.sizeBytes,
    read(startBytes, target) {
      readBytes += target.length;
      disk.read(startBytes, target);
    },
    readBytes: () => readBytes,
  };
}

/** What holds for any content. */
function assertSane(t: ExecutionContext, disk: GuestDisk): GuestReport {
  const watched = counted(disk);
  const report = inspectGuest(watched);
  const copy = JSON.stringify(report);
  if (report.partitions.length > 256 || report.findings.length > 100 || report.efiPrograms.length > 256) {
    t.fail(`a report without bounds: ${copy}`);
  }
  for (const { startBytes, lengthBytes, fileSystem } of report.partitions) {
    const numbers = [startBytes, lengthBytes, fileSystem?.sizeBytes ?? 0];
    if (!numbers.every((number) => Number.isFinite(number) && number >= 0)) t.fail(copy);
  }
  if (copy.includes('null') || copy.length > mebibyte) t.fail(copy.slice(0, 10_000));
  // Tables; of each partition the superblocks and the root of a FAT; of four of them 64 folders.
  if (watched.readBytes() > 20 * mebibyte + report.partitions.length * 96 * 1024) {
    t.fail(`reads ${watched.readBytes()} bytes`);
  }
  guestWarnings(report, ['0001']);
  return report;
}

test('random bytes give a report', (t) => {
  const content = fc.record({
    sizeBytes: fc.integer({ min: 0, max: 300_000 }),
    islands: fc.array(fc.tuple(fc.nat(300_000), fc.uint8Array({ maxLength: 700 })), { maxLength: 6 }),
    isBootSector: fc.boolean(),
  });
  t.notThrows(() =>
    fc.assert(
      fc.property(content, ({ sizeBytes, islands, isBootSector }) => {
        const bytes = Buffer.alloc(sizeBytes);
        for (const [at, island] of islands)
          bytes.set(island.subarray(0, Math.max(0, sizeBytes - at)), Math.min(at, sizeBytes));
        if (isBootSector && sizeBytes >= 512) bytes.writeUInt16LE(0xaa55, 510);
        assertSane(t, diskOf(bytes));
      }),
      { numRuns: 300 },
    ),
  );
});

test('random bytes behind every magic give a report', (t) => {
  const magics: readonly (readonly [number, string])[] = [
    [0, 'LUKS\xba\xbe\0\x01'],
    [0, 'LUKS\xba\xbe\0\x02'],
    [512, 'LABELONE\x01\0\0\0\0\0\0\0'],
    [536, 'LVM2 001'],
    [3, '-FVE-FS-'],
    [3, 'NTFS    \0\x02\x08'],
    [3, 'EXFAT   '],
    [0, 'XFSB'],
    [0, 'hsqs'],
    [1024 + 0x38, '\x53\xef'],
    [65536 + 64, '_BHRfS_M'],
    [4086, 'SWAPSPACE2'],
    [32768, '\x01CD001'],
    [510, '\x55\xaa'],
    [512, 'EFI PART'],
    [4096, 'EFI PART'],
    [446, '\x80\0\0\0\xee'],
    [446, '\0\0\0\0\x05'],
    [13, '\x01\x01\0\x01'],
    [21, '\xf8'],
    [0x180, 'GRUB '],
  ];
  const sizes = fc.constantFrom(70_000, 200_000, mebibyte);
  const seeds = fc.tuple(sizes, fc.uint8Array({ minLength: 509, maxLength: 509 }), fc.subarray([...magics]));
  t.notThrows(() =>
    fc.assert(
      fc.property(seeds, fc.boolean(), ([sizeBytes, seed, some], isSparse) => {
        // A length that has no factor in common with sectors: each of them is another one.
        const bytes = isSparse ? Buffer.alloc(sizeBytes) : Buffer.alloc(sizeBytes, seed);
        bytes.set(seed, 0);
        for (const [at, magic] of some) bytes.write(magic, at, 'latin1');
        assertSane(t, diskOf(bytes));
      }),
      { numRuns: 300 },
    ),
  );
});

/** Every bit of some bytes is turned over, one at a time. */
function flipAll(t: ExecutionContext, disk: GuestDisk, fromBytes: number, toBytes: number): void {
  const original = new Uint8Array(toBytes - fromBytes);
  disk.read(fromBytes, original);
  for (let at = 0; at < original.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      assertSane(t, patched(disk, fromBytes + at, new Uint8Array([(original[at] ?? 0) ^ (1 << bit)])));
    }
  }
}

test('a GPT with any one bit turned over', (t) => {
  const bytes = Buffer.alloc(2 * mebibyte);
  writeGpt(bytes, [
    { type: types.efi, first: 40, last: 100, name: 'one' },
    { type: types.linux, first: 2048, last: 3000, name: 'two' },
  ]);
  writeGrub(bytes, 40);
  bytes.write('code', 40 * 512);
  writeExt4(bytes, mebibyte, 4096 * 100);
  const disk = diskOf(bytes);
  const { partitions } = assertSane(t, disk);
  for (const [from, to] of [
    [440, 512],
    [512, 512 + 96],
    [1024, 1024 + 256],
    [bytes.length - 512, bytes.length - 512 + 96],
  ] as const) {
    flipAll(t, disk, from, to);
  }
  // One damaged copy never changes what is on the disk: the other one is read.
  for (let at = 512; at < 512 + 92; at += 1) {
    const damaged = patched(disk, at, new Uint8Array([(bytes[at] ?? 0) ^ 0x10]));
    t.deepEqual(inspectGuest(damaged).partitions, partitions, `byte ${at}`);
  }
});

test('an MBR with logical partitions with any one bit turned over', (t) => {
  const bytes = Buffer.alloc(2 * mebibyte);
  writeMbr(bytes, [
    { type: 7, first: 64, count: 1000, isActive: true },
    { type: 5, first: 2048, count: 2000 },
  ]);
  writeMbr(
    bytes,
    [
      { type: 0x83, first: 10, count: 90 },
      { type: 5, first: 500, count: 400 },
    ],
    2048 * 512,
  );
  writeMbr(bytes, [{ type: 0x82, first: 10, count: 90 }], 2548 * 512);
  writeNtfs(bytes, 64 * 512, 1000 * 512);
  const disk = diskOf(bytes);
  t.is(assertSane(t, disk).partitions.length, 4);
  for (const from of [440, 2048 * 512 + 446, 2548 * 512 + 446]) flipAll(t, disk, from, from + 66);
  flipAll(t, disk, 64 * 512, 64 * 512 + 100);
});

test('a FAT with any one bit of its parameters turned over, and damaged folders', async (t) => {
  await using folder = await makeFolder();
  const path = await makeBlank(folder.at('fat'), 40 * mebibyte);
  await useTool('mkfs.vfat', ['-F', '32', '-s', '1', '-n', 'LABEL', path]);
  await writeFile(folder.at('program'), 'MZ');
  await useTool('mmd', ['-i', path, '::/EFI', '::/EFI/BOOT']);
  await useTool('mcopy', ['-i', path, folder.at('program'), '::/EFI/BOOT/BOOTX64.EFI']);
  using file = fileDisk(path);
  // As an EFI system partition, so that its folders are looked through.
  const bytes = Buffer.alloc(64 * 1024);
  const sizeBytes = file.sizeBytes + 2 * mebibyte;
  const head = Buffer.alloc(sizeBytes);
  writeGpt(head, [{ type: types.efi, first: 2048, last: 2048 + file.sizeBytes / 512 - 1 }]);
  file.read(0, head.subarray(mebibyte, mebibyte + file.sizeBytes));
  const disk = diskOf(head);
  t.is(assertSane(t, disk).efiPrograms[0]?.path, '\\EFI\\BOOT\\BOOTX64.EFI');
  flipAll(t, disk, mebibyte + 11, mebibyte + 90);
  file.read(0, bytes);
  const reserved = bytes.readUInt16LE(14) * 512;
  const dataBytes = mebibyte + reserved + 2 * bytes.readUInt32LE(36) * 512;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 6 * 512 }), fc.uint8Array({ maxLength: 64 }), (at, noise) => {
      assertSane(t, patched(disk, dataBytes + at, noise));
      assertSane(t, patched(disk, mebibyte + reserved + at, noise));
    }),
    { numRuns: 200 },
  );
});

test('superblocks with any one bit turned over', async (t) => {
  await using folder = await makeFolder();
  const kinds: readonly (readonly [string, readonly string[], number, number, number])[] = [
    ['mke2fs', ['-q', '-t', 'ext4'], 16, 1024, 1024 + 0x160],
    ['mkfs.xfs', ['-q'], 320, 0, 128],
    ['mkfs.btrfs', ['-q'], 128, 65536, 65536 + 310],
    ['mkntfs', ['-q', '-F', '-f', '-L', 'label'], 16, 0, 88],
    ['mkswap', ['-q'], 4, 1024, 1024 + 48],
  ];
  for (const [program, args, mebibytes, from, to] of kinds) {
    const path = await makeBlank(folder.at(program), mebibytes * mebibyte);
    await useTool(program, [...args, path]);
    using disk = fileDisk(path);
    t.truthy(assertSane(t, disk).fileSystem, program);
    flipAll(t, disk, from, to);
  }
});

test('a whole disk of partitions with nothing but FAT folders that go in circles stays within bounds', (t) => {
  const bytes = Buffer.alloc(40 * mebibyte);
  writeGpt(
    bytes,
    Array.from({ length: 2048 }, () => ({ type: types.efi, first: 4096, last: 70_000 })),
    { entryCount: 2048 },
  );
  const fat = bytes.subarray(2 * mebibyte);
  fat.write('\xeb\x58\x90mkfs.fat', 'latin1');
  fat.writeUInt16LE(512, 11);
  fat.writeUInt8(1, 13);
  fat.writeUInt16LE(32, 14);
  fat.writeUInt8(1, 16);
  fat.writeUInt32LE(65_000, 32);
  fat.writeUInt8(0xf8, 21);
  fat.writeUInt32LE(500, 36);
  fat.writeUInt32LE(2, 44);
  fat.writeUInt16LE(0xaa55, 510);
  for (let cluster = 2; cluster < 64_000; cluster += 1) fat.writeUInt32LE(cluster, 32 * 512 + cluster * 4);
  // Each folder has 16 of its kind in it, and is followed by itself.
  for (let entry = 0; entry < 16; entry += 1) {
    const at = 532 * 512 + entry * 32;
    fat.write('EFI        ', at, 'latin1');
    fat.writeUInt8(0x10, at + 11);
    fat.writeUInt16LE(2, at + 26);
  }
  const report = assertSane(t, diskOf(bytes));
  t.is(report.partitions.length, 256);
  t.is(report.partitions[0]?.fileSystem?.type, 'fat32');
});

import { stat, truncate, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { type FileSystem, inspectGuest } from '../../src/index.js';
import { blkid, fileDisk, makeBlank, makePartitioned, placeFile, useTool } from '../helpers/disk-tools.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { patchFile } from '../helpers/patch.js';

const mebibyte = 2 ** 20;

function contentOf(path: string) {
  using disk = fileDisk(path);
  return inspectGuest(disk);
}

interface Kind {
  readonly type: FileSystem['type'];
  readonly sizeBytes: number;
  readonly make: (path: string) => Promise<unknown>;
  /** What blkid calls it. */
  readonly named?: string;
  /** blkid escapes what is not ASCII. */
  readonly label?: string;
  /** Where it has no size, or another one than the file. */
  readonly states?: number | undefined;
}

const uuid = '0123abcd-4567-89ab-cdef-0123456789ab';

const kinds: readonly Kind[] = [
  ...(['ext2', 'ext3', 'ext4'] as const).map((type) => ({
    type,
    sizeBytes: 16 * mebibyte,
    make: (path: string) => useTool(`mke2fs`, ['-q', '-t', type, '-L', 'ext label', '-U', uuid, path]),
  })),
  {
    type: 'ext2',
    sizeBytes: 8 * mebibyte,
    make: (path) => useTool('mke2fs', ['-q', '-b', '1024', '-L', 'sixteen letters!', '-U', uuid, path]),
  },
  {
    type: 'xfs',
    sizeBytes: 320 * mebibyte,
    make: (path) => useTool('mkfs.xfs', ['-q', '-L', 'twelveletter', '-m', `uuid=${uuid}`, path]),
  },
  {
    type: 'btrfs',
    sizeBytes: 128 * mebibyte,
    make: (path) => useTool('mkfs.btrfs', ['-q', '-L', 'a btrfs', '-U', uuid, path]),
  },
  {
    type: 'fat12',
    sizeBytes: 2 * mebibyte,
    named: 'vfat',
    make: (path) => useTool('mkfs.vfat', ['-F', '12', '-n', 'TWELVE', '-i', '1234ABCD', path]),
  },
  {
    type: 'fat16',
    sizeBytes: 32 * mebibyte,
    named: 'vfat',
    make: (path) => useTool('mkfs.vfat', ['-F', '16', '-n', 'SIXTEEN', '-i', '00000001', path]),
  },
  {
    type: 'fat32',
    sizeBytes: 64 * mebibyte,
    named: 'vfat',
    make: (path) => useTool('mkfs.vfat', ['-F', '32', '-i', 'FFFFFFFF', path]),
  },
  {
    type: 'fat32',
    sizeBytes: 300 * mebibyte,
    named: 'vfat',
    make: (path) => useTool('mkfs.vfat', ['-F', '32', '-S', '4096', '-n', 'LARGE', path]),
  },
  {
    type: 'ntfs',
    sizeBytes: 16 * mebibyte,
    label: 'Volume \u00e9',
    make: (path) => useTool('mkntfs', ['-q', '-F', '-f', '-L', 'Volume \u00e9', path]),
  },
  {
    type: 'swap',
    sizeBytes: 4 * mebibyte,
    make: (path) => useTool('mkswap', ['-q', '-L', 'swap label', '-U', uuid, path]),
  },
  {
    type: 'swap',
    sizeBytes: 4 * mebibyte,
    make: (path) => useTool('mkswap', ['-q', '-p', '65536', '-U', uuid, path]),
  },
  { type: 'exfat', sizeBytes: 4 * mebibyte, label: 'exfat\u00e9', make: makeExfat },
  {
    type: 'luks1',
    sizeBytes: 4 * mebibyte,
    named: 'crypto_LUKS',
    states: undefined,
    make: (path) => makeLuks(path, 1),
  },
  {
    type: 'luks2',
    sizeBytes: 4 * mebibyte,
    named: 'crypto_LUKS',
    states: undefined,
    make: (path) => makeLuks(path, 2),
  },
  { type: 'lvm2', sizeBytes: 4 * mebibyte, named: 'LVM2_member', make: makeLvm },
  ...[0, 8, (2 * 4 * mebibyte) / 1024 - 16].map(
    (sector): Kind => ({
      type: 'linux_raid',
      sizeBytes: 4 * mebibyte,
      named: 'linux_raid_member',
      states: undefined,
      make: (path) => makeRaid(path, sector),
    }),
  ),
  { type: 'f2fs', sizeBytes: 4 * mebibyte, make: makeF2fs },
  { type: 'squashfs', sizeBytes: mebibyte, states: 12345, make: makeSquashfs },
  { type: 'iso9660', sizeBytes: mebibyte, states: 400 * 2048, make: makeIso },
];

// Superblocks of what needs tools that are not installed, or a machine of its own. blkid judges them.

async function makeLuks(path: string, version: number): Promise<void> {
  const header = Buffer.alloc(4096);
  header.write('LUKS\xba\xbe', 'latin1');
  header.writeUInt16BE(version, 6);
  header.write(uuid, 168);
  if (version === 2) header.write('luks label', 24);
  await patchFile(path, 0, header);
}

async function makeLvm(path: string): Promise<void> {
  const sector = Buffer.alloc(512);
  sector.write('LABELONE');
  sector.writeUInt32LE(1, 8);
  sector.writeUInt32LE(32, 20);
  sector.write('LVM2 001', 24);
  sector.write('abcdefghijklmnopqrstuvwxyz012345', 32);
  sector.writeBigUInt64LE(BigInt((await stat(path)).size), 64);
  // CRC-32 from another beginning, and without the last inversion.
  sector.writeUInt32LE(~crc32(sector.subarray(20), ~0xf597a6cf >>> 0) >>> 0, 16);
  await patchFile(path, 512, sector);
}

async function makeRaid(path: string, sector: number): Promise<void> {
  const block = Buffer.alloc(256);
  block.writeUInt32LE(0xa92b_4efc, 0);
  block.writeUInt32LE(1, 4);
  Buffer.from(uuid.replaceAll('-', ''), 'hex').copy(block, 16);
  block.write('host:0', 32);
  block.writeBigUInt64LE(BigInt(sector), 144);
  await patchFile(path, sector * 512, block);
}

async function makeF2fs(path: string): Promise<void> {
  const block = Buffer.alloc(1024);
  block.writeUInt32LE(0xf2f5_2010, 0);
  block.writeUInt16LE(1, 4);
  block.writeUInt16LE(16, 6);
  block.writeUInt32LE(12, 16);
  block.writeBigUInt64LE(BigInt((await stat(path)).size / 4096), 36);
  Buffer.from(uuid.replaceAll('-', ''), 'hex').copy(block, 108);
  block.write('f2fs label', 124, 'utf16le');
  await patchFile(path, 1024, block);
}

async function makeSquashfs(path: string): Promise<void> {
  const block = Buffer.alloc(96);
  block.write('hsqs');
  block.writeUInt16LE(4, 28);
  block.writeBigUInt64LE(12345n, 40);
  await patchFile(path, 0, block);
}

async function makeIso(path: string): Promise<void> {
  const descriptor = Buffer.alloc(2048);
  descriptor.write('\x01CD001\x01', 'latin1');
  descriptor.write('AN ISO'.padEnd(32), 40);
  descriptor.writeUInt32LE(400, 80);
  descriptor.writeUInt32BE(400, 84);
  descriptor.writeUInt16LE(2048, 128);
  descriptor.writeUInt16BE(2048, 130);
  await patchFile(path, 32768, descriptor);
}

async function makeExfat(path: string): Promise<void> {
  const bytes = Buffer.alloc(mebibyte);
  bytes.write('\xeb\x76\x90EXFAT   ', 'latin1');
  bytes.writeBigUInt64LE(BigInt((await stat(path)).size / 512), 72);
  bytes.writeUInt32LE(128, 80);
  bytes.writeUInt32LE(8, 84);
  bytes.writeUInt32LE(256, 88);
  bytes.writeUInt32LE(900, 92);
  bytes.writeUInt32LE(4, 96);
  bytes.writeUInt32LE(0xbeef_cafe, 100);
  bytes.writeUInt16LE(0x100, 104);
  bytes.writeUInt8(9, 108);
  bytes.writeUInt8(3, 109);
  bytes.writeUInt8(1, 110);
  bytes.writeUInt8(0x80, 111);
  bytes.writeUInt16LE(0xaa55, 510);
  // The root directory is in the third cluster.
  const root = (256 + 2 * 8) * 512;
  bytes.writeUInt8(0x81, root);
  bytes.writeUInt8(0x83, root + 32);
  bytes.writeUInt8(6, root + 33);
  bytes.write('exfat\u00e9', root + 34, 'utf16le');
  let sum = 0;
  for (let at = 0; at < 11 * 512; at += 1) {
    if (at === 106 || at === 107 || at === 112) continue;
    sum = (((sum & 1) << 31) | (sum >>> 1)) + bytes.readUInt8(at);
    sum >>>= 0;
  }
  for (let at = 11 * 512; at < 12 * 512; at += 4) bytes.writeUInt32LE(sum, at);
  await patchFile(path, 0, bytes);
}

async function assertAgrees(
  t: ExecutionContext,
  folder: Folder,
  { type, sizeBytes, make, named = type, ...kind }: Kind,
  index: number,
): Promise<void> {
  const path = await makeBlank(folder.at(`${index}.${type}`), sizeBytes);
  await make(path);
  const { table, fileSystem } = contentOf(path);
  const name = `${index}: ${type}`;
  t.is(table.kind, 'none', name);
  if (fileSystem === undefined) throw new Error(`${name} is not found`);
  const expected = await blkid(path);
  t.is(expected.get('TYPE'), named, name);
  t.is(fileSystem.type, type, name);
  t.is(fileSystem.label, kind.label ?? expected.get('LABEL'), name);
  // Of an ISO blkid makes one out of its date, and has more than the superblock of others.
  if (type !== 'iso9660') t.is(fileSystem.uuid, expected.get('UUID'), name);
  t.is(fileSystem.sizeBytes, 'states' in kind ? kind.states : sizeBytes, name);
  t.false(fileSystem.isCutOff, name);

  // The same in a partition, and there cut off.
  const disk = folder.at(`${index}.raw`);
  const size = sizeBytes / 512;
  await makePartitioned(disk, sizeBytes + 4 * mebibyte, `label: gpt\nstart=4096, size=${size}, type=L\n`);
  await placeFile(disk, 2 * mebibyte, path);
  const inPartition = contentOf(disk);
  t.deepEqual(inPartition.partitions[0]?.fileSystem, fileSystem, name);
  t.deepEqual(inPartition.findings, [], name);
  if (fileSystem.sizeBytes === undefined) return;
  const shortened = folder.at(`${index}.short`);
  await writeFile(shortened, '');
  await useTool('cp', ['--sparse=always', path, shortened]);
  await truncate(shortened, fileSystem.sizeBytes - 512);
  const short = contentOf(shortened);
  t.true(short.fileSystem?.isCutOff, name);
  t.regex(short.findings.map(({ message }) => message).join(), /its end is missing/, name);
}

test('what blkid says, on whole disks and in partitions', async (t) => {
  await using folder = await makeFolder();
  for (const [index, kind] of kinds.entries()) await assertAgrees(t, folder, kind, index);
});

test('every kind has been made', (t) => {
  const made = new Set(kinds.map(({ type }) => type));
  t.is(made.size, 18);
});

test('BitLocker', async (t) => {
  await using folder = await makeFolder();
  const path = await makeBlank(folder.at('disk.raw'), mebibyte);
  await patchFile(path, 3, Buffer.from('-FVE-FS-'));
  t.is(contentOf(path).fileSystem?.type, 'bitlocker');
});

test('a newer file system is found where the former one has left its superblock', async (t) => {
  await using folder = await makeFolder();
  const path = await makeBlank(folder.at('disk'), 320 * mebibyte);
  const steps: readonly (readonly [FileSystem['type'], string, readonly string[]])[] = [
    ['btrfs', 'mkfs.btrfs', ['-q', '-f', path]],
    ['ext4', 'mke2fs', ['-q', '-F', '-t', 'ext4', path]],
    ['xfs', 'mkfs.xfs', ['-q', '-f', path]],
    ['fat32', 'mkfs.vfat', ['-F', '32', path]],
    ['ext2', 'mke2fs', ['-q', '-F', '-t', 'ext2', path]],
    ['ntfs', 'mkntfs', ['-q', '-F', '-f', path]],
    ['btrfs', 'mkfs.btrfs', ['-q', '-f', path]],
  ];
  for (const [type, program, args] of steps) {
    await useTool(program, args);
    t.is(contentOf(path).fileSystem?.type, type);
  }
});

import { writeFile } from 'node:fs/promises';
import test from 'ava';
import { type GuestReport, inspectGuest } from '../../src/index.js';
import { fileDisk, makeBlank, makePartitioned, placeFile, useTool } from '../helpers/disk-tools.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { patchFile } from '../helpers/patch.js';
import {
  diskOf,
  type GptPartition,
  type MbrPartition,
  notesOf,
  types,
  warningsOf,
  writeExt4,
  writeGpt,
  writeGrub,
  writeMbr,
  writeNtfs,
} from './disks.js';

const mebibyte = 2 ** 20;

function disk(write: (bytes: Buffer) => void): GuestReport {
  const bytes = Buffer.alloc(4 * mebibyte);
  write(bytes);
  return inspectGuest(diskOf(bytes));
}

const cloudImage: readonly GptPartition[] = [
  { type: '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709', first: 4096, last: 6143 },
  { type: types.biosBoot, first: 2048, last: 4095 },
];

test('GRUB in the MBR and a BIOS boot partition', (t) => {
  const report = disk((bytes) => {
    writeGpt(bytes, cloudImage);
    writeGrub(bytes, 2048);
    bytes.write('loading', 2048 * 512);
    writeExt4(bytes, 2 * mebibyte, mebibyte);
  });
  t.deepEqual(report.bootModes, [
    {
      mode: 'bios',
      reason: "the boot code is GRUB's and goes on at sector 2048, in partition 2 (BIOS boot)",
    },
  ]);
  t.is(report.operatingSystem.name, 'linux');
  t.regex(
    report.operatingSystem.reason,
    /^partition 1 has ext4, partition 1 is of type Linux root \(x86-64\), .*GRUB/,
  );
  t.deepEqual(report.architecture, {
    name: 'x86_64',
    reason: 'partition 1 is of type Linux root (x86-64)',
  });
  t.deepEqual(report.findings, []);
});

test('GRUB between the MBR and the first partition, and GRUB before 2', (t) => {
  const partitions: readonly MbrPartition[] = [{ type: 0x83, first: 2048, count: 2048 }];
  const report = disk((bytes) => {
    writeMbr(bytes, partitions);
    writeGrub(bytes, 1);
    bytes.write('loading', 512);
  });
  t.deepEqual(report.bootModes, [
    { mode: 'bios', reason: "the boot code is GRUB's and goes on at sector 1, outside of the partitions" },
  ]);
  const old = disk((bytes) => {
    writeMbr(bytes, partitions);
    writeGrub(bytes, 0);
    bytes.writeUInt16LE(0x0203, 0x3e);
    bytes.writeUInt32LE(9, 0x44);
    bytes.write('stage', 9 * 512);
  });
  t.regex(old.bootModes[0]?.reason ?? '', /goes on at sector 9,/);
});

test('GRUB that goes on where nothing is', (t) => {
  for (const sector of [0, 1, 2 ** 40]) {
    const report = disk((bytes) => {
      writeMbr(bytes, [{ type: 0x83, first: 2048, count: 2048 }]);
      writeGrub(bytes, sector);
    });
    t.deepEqual(report.bootModes, []);
    t.deepEqual(warningsOf(report), [
      `the boot code is GRUB's and goes on at sector ${sector}, but nothing is there: it does not start; run grub-install`,
    ]);
  }
});

test('boot code and an active partition', (t) => {
  const make = (isActive: boolean, hasSector: boolean, code: string) =>
    disk((bytes) => {
      bytes.write(code, 'latin1');
      writeMbr(bytes, [{ type: 7, first: 2048, count: 2048, isActive }]);
      writeNtfs(bytes, mebibyte, mebibyte);
      if (!hasSector) bytes.fill(0, mebibyte + 510, mebibyte + 512);
    });
  const windows = make(true, true, 'Invalid partition table');
  t.deepEqual(windows.bootModes, [
    {
      mode: 'bios',
      reason: 'there is boot code (that of Windows), and partition 1 is active and has a boot sector',
    },
  ]);
  t.is(windows.operatingSystem.name, 'windows');
  t.regex(make(true, true, 'Operating system load error').bootModes[0]?.reason ?? '', /SYSLINUX/);
  t.regex(make(true, true, 'x').bootModes[0]?.reason ?? '', /of an unknown kind/);
  t.deepEqual(make(false, true, 'x').bootModes, []);
  t.deepEqual(make(true, true, '').bootModes, []);
  const bare = make(true, false, 'x');
  t.deepEqual(bare.bootModes, []);
  t.deepEqual(notesOf(bare), ['partition 1 is active, but has no boot sector that starts anything']);
});

test('a GPT with the attribute that says active, as SYSLINUX has it', (t) => {
  const report = disk((bytes) => {
    writeGpt(bytes, [{ type: types.linux, first: 2048, last: 4095, attributes: 4n }]);
    bytes.write('Operating system load error', 'latin1');
    writeExt4(bytes, mebibyte, mebibyte);
    bytes.writeUInt16LE(0xaa55, mebibyte + 510);
  });
  t.regex(report.bootModes[0]?.reason ?? '', /SYSLINUX.*partition 1 is active/);
});

test('a boot sector that only says that it starts nothing', async (t) => {
  await using folder = await makeFolder();
  const script = 'label: dos\nstart=2048, size=65536, type=c, bootable\n';
  const path = await makePartitioned(folder.at('disk.raw'), 64 * mebibyte, script);
  const fat = await makeBlank(folder.at('fat'), 32 * mebibyte);
  await useTool('mkfs.vfat', [fat]);
  await placeFile(path, mebibyte, fat);
  await patchFile(path, 0, Buffer.from('some code'));
  using file = fileDisk(path);
  const report = inspectGuest(file);
  t.deepEqual(report.bootModes, []);
  t.regex(notesOf(report).join(), /^partition 1 is active, but has no boot sector/);
});

/** A disk with an EFI system partition that holds files. */
async function efiDisk(
  folder: Folder,
  paths: readonly string[],
  bits = '32',
  script?: string,
): Promise<GuestReport> {
  const fat = await makeBlank(folder.at('esp'), 64 * mebibyte);
  await useTool(
    'mkfs.vfat',
    ['-F', bits, '-s', bits === '12' ? '64' : '1', '-n', 'ESP', fat].filter(
      (_, at) => bits !== '16' || (at !== 2 && at !== 3),
    ),
  );
  await writeFile(folder.at('program'), 'MZ');
  for (const path of paths) {
    const parents = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parents.length; depth += 1) {
      await useTool('mmd', ['-D', 's', '-i', fat, `::/${parents.slice(0, depth).join('/')}`]).catch(() => {});
    }
    await useTool('mcopy', ['-i', fat, folder.at('program'), `::/${path}`]);
  }
  const path = folder.at('disk.raw');
  await makePartitioned(path, 80 * mebibyte, script ?? 'label: gpt\nstart=2048, size=131072, type=U\n');
  await placeFile(path, mebibyte, fat);
  using file = fileDisk(path);
  return inspectGuest(file);
}

test('UEFI: the boot loader of a new machine, in every kind of FAT', async (t) => {
  for (const bits of ['12', '16', '32']) {
    await using folder = await makeFolder();
    const report = await efiDisk(
      folder,
      ['EFI/BOOT/BOOTX64.EFI', 'EFI/debian/shimx64.efi', 'EFI/readme.txt', 'boot.efi'],
      bits,
    );
    t.is(report.partitions[0]?.fileSystem?.type, `fat${bits}` as 'fat12');
    t.deepEqual(report.efiPrograms.map(({ path }) => path).sort(), [
      '\\EFI\\BOOT\\BOOTX64.EFI',
      '\\EFI\\debian\\shimx64.efi',
    ]);
    t.deepEqual(report.bootModes, [
      { mode: 'uefi', reason: 'EFI system partition 1 has \\EFI\\BOOT\\BOOTX64.EFI' },
    ]);
    t.is(report.operatingSystem.name, 'linux');
    t.is(report.architecture.name, 'x86_64');
    t.deepEqual(report.findings, []);
  }
});

test('UEFI: Windows, in a folder with a long name, and in an MBR', async (t) => {
  await using folder = await makeFolder();
  const report = await efiDisk(
    folder,
    ['EFI/Microsoft/Boot/bootmgfw.efi', 'EFI/Boot/bootx64.efi'],
    '32',
    'label: dos\nstart=2048, size=131072, type=ef\n',
  );
  t.true(report.efiPrograms.some(({ path }) => path === '\\EFI\\Microsoft\\Boot\\bootmgfw.efi'));
  t.is(report.operatingSystem.name, 'windows');
  t.is(report.bootModes[0]?.mode, 'uefi');
  t.deepEqual(report.findings, []);
});

test('UEFI: for ARM', async (t) => {
  await using folder = await makeFolder();
  const report = await efiDisk(folder, ['EFI/BOOT/BOOTAA64.EFI']);
  t.deepEqual(report.architecture, { name: 'aarch64', reason: 'partition 1 has \\EFI\\BOOT\\BOOTAA64.EFI' });
});

test('UEFI: a boot loader that a new machine does not look for', async (t) => {
  await using folder = await makeFolder();
  const report = await efiDisk(folder, ['EFI/debian/grubx64.efi']);
  t.is(report.bootModes[0]?.mode, 'uefi');
  t.regex(warningsOf(report).join(), /^no EFI program is at \\EFI\\BOOT\\BOOTX64\.EFI/);
});

test('UEFI: an EFI system partition with nothing that starts', async (t) => {
  await using folder = await makeFolder();
  const report = await efiDisk(folder, ['EFI/BOOT/readme.txt']);
  t.deepEqual(report.bootModes, []);
  t.deepEqual(warningsOf(report), ['EFI system partition 1 has no EFI program']);
});

test('UEFI: hundreds of files and folders, deleted ones, and loops of clusters', async (t) => {
  await using folder = await makeFolder();
  const many = Array.from({ length: 40 }, (_, index) => `EFI/a folder with a long name ${index}/boot.efi`);
  const report = await efiDisk(folder, many);
  t.is(report.efiPrograms.length, 40);
  t.true(report.efiPrograms.some(({ path }) => path === '\\EFI\\a folder with a long name 39\\boot.efi'));

  // Every cluster is followed by itself.
  const path = folder.at('disk.raw');
  using whole = fileDisk(path);
  const boot = new Uint8Array(512);
  whole.read(mebibyte, boot);
  const tableAt = mebibyte + Buffer.from(boot).readUInt16LE(14) * 512;
  const table = Buffer.alloc(4096);
  for (let cluster = 2; cluster < 1024; cluster += 1) table.writeUInt32LE(cluster, cluster * 4);
  await patchFile(path, tableAt, table);
  t.true(inspectGuest(whole).efiPrograms.length <= 256);
});

test('systems are told apart, and where both may be neither is said', (t) => {
  const linux = disk((bytes) => writeExt4(bytes, 0, bytes.length));
  t.deepEqual(linux.operatingSystem, { name: 'linux', reason: 'the disk has ext4' });
  const windows = disk((bytes) => {
    writeGpt(bytes, [
      { type: types.reserved, first: 34, last: 2047 },
      { type: types.basicData, first: 2048, last: 4095 },
    ]);
    writeNtfs(bytes, mebibyte, mebibyte);
  });
  t.deepEqual(windows.operatingSystem, {
    name: 'windows',
    reason: 'partition 2 has ntfs, partition 1 is of type Microsoft reserved',
  });
  const both = disk((bytes) => {
    writeGpt(bytes, [
      { type: types.basicData, first: 2048, last: 4095 },
      { type: types.linux, first: 4096, last: 6143 },
    ]);
    writeNtfs(bytes, mebibyte, mebibyte);
  });
  t.deepEqual(both.operatingSystem, {
    name: 'unknown',
    reason:
      'signs of linux: partition 2 is of type Linux file system; signs of windows: partition 1 has ntfs',
  });
  const data = disk((bytes) => writeGpt(bytes, [{ type: types.basicData, first: 2048, last: 4095 }]));
  t.deepEqual(data.operatingSystem, { name: 'unknown', reason: 'nothing tells' });
});

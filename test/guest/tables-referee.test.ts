import { truncate } from 'node:fs/promises';
import test from 'ava';
import { type GuestReport, inspectGuest } from '../../src/index.js';
import { fileDisk, makePartitioned, runTool, useTool } from '../helpers/disk-tools.js';
import { makeFolder } from '../helpers/folder.js';
import { patchFile } from '../helpers/patch.js';
import { notesOf, warningsOf } from './disks.js';

const mebibyte = 2 ** 20;

interface SfdiskTable {
  readonly label: string;
  readonly id: string;
  readonly sectorsize: number;
  readonly partitions: readonly {
    readonly node: string;
    readonly start: number;
    readonly size: number;
    readonly type: string;
    readonly uuid?: string;
    readonly name?: string;
    readonly attrs?: string;
    readonly bootable?: boolean;
  }[];
}

function inspectFile(path: string): GuestReport {
  using disk = fileDisk(path);
  return inspectGuest(disk);
}

async function sfdiskTable(path: string): Promise<SfdiskTable> {
  return JSON.parse(await useTool('sfdisk', ['-J', path])).partitiontable;
}

const gptScript = `label: gpt
start=2048, size=8192, type=U, name="EFI", attrs="RequiredPartition"
start=12288, size=2048, type=21686148-6449-6E6F-744E-656564454649, name="bios"
size=20480, type=L, name="racine \u00e9t\u00e9 \u2603", attrs="LegacyBIOSBootable,GUID:60"
size=2048, type=S
size=4096, type=E6D6D379-F507-44C2-A23C-238F2A3DF928
size=4096, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7
`;

test('GPT: what sfdisk says', async (t) => {
  await using folder = await makeFolder();
  const path = await makePartitioned(folder.at('disk.raw'), 64 * mebibyte, gptScript);
  const expected = await sfdiskTable(path);
  const { table, partitions, findings } = inspectFile(path);
  t.like(table, {
    kind: 'gpt',
    mbr: 'protective',
    diskGuid: expected.id,
    sectorSizeBytes: 512,
    isBackupAtEnd: true,
  });
  t.is(expected.partitions.length, 6);
  t.deepEqual(
    partitions.map(({ number, startBytes, lengthBytes, typeId, uuid, name }) => {
      return [`${path}${number}`, startBytes / 512, lengthBytes / 512, typeId, uuid, name];
    }),
    expected.partitions.map(({ node, start, size, type, uuid, name }) => [
      node,
      start,
      size,
      type,
      uuid,
      name,
    ]),
  );
  t.deepEqual(
    partitions.map(({ attributes }) => attributes),
    [['required'], [], ['legacy BIOS bootable', 'bit 60'], [], [], []],
  );
  t.deepEqual(findings, [
    { severity: 'warning', message: 'partition 1 is an EFI system partition, but there is no FAT in it' },
  ]);
});

const mbrScript = `label: dos
label-id: 0x1234abcd
start=2048, size=8192, type=83, bootable
start=20480, size=81920, type=5
start=10240, size=2048, type=7
start=22528, size=4096, type=82
start=28672, size=4096, type=8e
start=34816, size=4096, type=ef
`;

test('MBR with logical partitions: what sfdisk says', async (t) => {
  await using folder = await makeFolder();
  const path = await makePartitioned(folder.at('disk.raw'), 64 * mebibyte, mbrScript);
  const expected = await sfdiskTable(path);
  const { table, partitions } = inspectFile(path);
  t.deepEqual(table, { kind: 'mbr', sectorSizeBytes: 512, diskId: '1234abcd' });
  t.is(expected.id, '0x1234abcd');
  t.is(expected.partitions.length, 6);
  t.deepEqual(
    partitions.map(({ number, startBytes, lengthBytes, typeId, isActive }) => {
      return [`${path}${number}`, startBytes / 512, lengthBytes / 512, typeId, isActive];
    }),
    expected.partitions.map(({ node, start, size, type, bootable = false }) => {
      return [node, start, size, `0x${type.padStart(2, '0')}`, bootable];
    }),
  );
});

/** Whether sgdisk finds the table in order. */
async function isSound(path: string): Promise<boolean> {
  const { stdout, stderr } = await runTool('sgdisk', ['--verify', path]);
  // What it mends in memory it is content with, once it has told of it.
  return stdout.includes('No problems found') && !/caution|corrupt/i.test(`${stdout}${stderr}`);
}

const sector = Buffer.alloc(512);

const damages: readonly { name: string; damage: (path: string) => Promise<void>; says: RegExp }[] = [
  {
    name: 'the primary header',
    damage: (path) => patchFile(path, 512 + 60, Buffer.from([0xaa])),
    says: /^the primary GPT is damaged: its header/,
  },
  {
    name: 'the primary entries',
    damage: (path) => patchFile(path, 1024 + 70, Buffer.from([0xaa])),
    says: /^the primary GPT is damaged: the checksum of its entries/,
  },
  {
    name: 'the backup header',
    damage: (path) => patchFile(path, 64 * mebibyte - 512 + 60, Buffer.from([0xaa])),
    says: /^the backup GPT is damaged: its header/,
  },
  {
    name: 'the backup entries',
    damage: (path) => patchFile(path, 64 * mebibyte - 512 * 33 + 70, Buffer.from([0xaa])),
    says: /^the backup GPT is damaged: the checksum of its entries/,
  },
  {
    name: 'the whole primary header',
    damage: (path) => patchFile(path, 512, sector),
    says: /^the primary GPT is missing; the backup is sound/,
  },
  {
    name: 'the whole backup header',
    damage: (path) => patchFile(path, 64 * mebibyte - 512, sector),
    says: /^the backup GPT is missing/,
  },
  {
    name: 'the protective MBR',
    damage: (path) => patchFile(path, 0, sector),
    says: /^the GPT has no protective MBR/,
  },
  {
    name: 'the end of the disk: it is larger',
    damage: (path) => truncate(path, 80 * mebibyte),
    says: /^the backup GPT is in sector 131071, and not in the last one, 163839/,
  },
  {
    name: 'the end of the disk: it is smaller',
    damage: (path) => truncate(path, 63 * mebibyte),
    says: /^the GPT is made for a disk whose last sector is 131071, and here it is 129023/,
  },
];

test('GPT: what sgdisk finds wrong is found, and what we say mends it', async (t) => {
  await using folder = await makeFolder();
  for (const [index, { name, damage, says }] of damages.entries()) {
    const path = await makePartitioned(
      folder.at(`${index}.raw`),
      64 * mebibyte,
      'label: gpt\nstart=2048, size=20480, type=L\nsize=20480, type=L\n',
    );
    t.true(await isSound(path));
    t.deepEqual(inspectFile(path).findings, []);
    await damage(path);
    t.false(await isSound(path), name);
    const damaged = inspectFile(path);
    t.deepEqual(
      damaged.partitions.map(({ startBytes }) => startBytes),
      [mebibyte, 11 * mebibyte],
      name,
    );
    const messages = [...warningsOf(damaged), ...notesOf(damaged)];
    t.is(messages.length, 1, name);
    t.regex(messages[0] ?? '', says, name);
    t.regex(messages[0] ?? '', /'sgdisk -e'/, name);
    await runTool('sgdisk', ['-e', path]);
    t.true(await isSound(path), name);
    t.deepEqual(inspectFile(path).findings, [], name);
  }
});

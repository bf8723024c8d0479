import { execFileSync } from 'node:child_process';
import test from 'ava';
import { runCli } from '../../helpers/cli.js';
import { makeBlank, makePartitioned, placeFile, useTool } from '../../helpers/disk-tools.js';
import { type Folder, makeFolder } from '../../helpers/folder.js';
import { patchFile } from '../../helpers/patch.js';
import { qemuImg } from '../../helpers/qemu.js';
import { assertOneLine } from '../../helpers/refusal.js';

const mebibyte = 2 ** 20;

const uuid = '0123abcd-4567-89ab-cdef-0123456789ab';

async function makeDisk(folder: Folder): Promise<string> {
  const path = folder.at('disk.raw');
  const script =
    'label: gpt\nlabel-id: 11111111-2222-3333-4444-555555555555\nstart=2048, size=40960, type=L, name=root\n';
  await makePartitioned(path, 32 * mebibyte, script);
  const content = await makeBlank(folder.at('ext4'), 20 * mebibyte);
  await useTool('mke2fs', ['-q', '-t', 'ext4', '-L', 'system', '-U', uuid, content]);
  await placeFile(path, mebibyte, content);
  return path;
}

test('the page for people', async (t) => {
  await using folder = await makeFolder();
  await makeDisk(folder);
  const { status, stdout, stderr } = await runCli(['info', '--guest', 'disk.raw'], { cwd: folder.path });
  t.is(stderr, '');
  t.is(status, 0);
  t.deepEqual(stdout.split('\n').slice(5), [
    '  partition table  GPT, protective MBR, sectors of 512 bytes, primary sound, backup sound, disk 11111111-2222-3333-4444-555555555555',
    `  partition 1      20 MiB at 1 MiB, Linux file system, 'root', ext4 'system' ${uuid} of 20 MiB`,
    '  starts with      nothing that was found',
    '  system           linux: partition 1 has ext4, partition 1 is of type Linux file system',
    '  architecture     unknown: nothing tells',
    '',
  ]);
});

test('for programs', async (t) => {
  await using folder = await makeFolder();
  const path = await makeDisk(folder);
  const { stdout } = await runCli(['info', '--guest', '--json', 'disk.raw'], { cwd: folder.path });
  const { guest, ...image } = JSON.parse(stdout);
  t.is(image['virtual-size'], 32 * mebibyte);
  const { partitiontable } = JSON.parse(await useTool('sfdisk', ['-J', path]));
  t.deepEqual(guest, {
    size: 32 * mebibyte,
    'is-empty': false,
    'partition-table': {
      kind: 'gpt',
      'sector-size': 512,
      mbr: 'protective',
      'disk-guid': partitiontable.id,
      primary: { 'is-present': true, 'is-header-sound': true, 'are-entries-sound': true },
      backup: { 'is-present': true, 'is-header-sound': true, 'are-entries-sound': true },
      'is-backup-at-end': true,
    },
    partitions: [
      {
        number: 1,
        'type-id': '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
        'type-name': 'Linux file system',
        start: mebibyte,
        length: 20 * mebibyte,
        name: 'root',
        uuid: partitiontable.partitions[0].uuid,
        'is-active': false,
        attributes: [],
        'is-logical': false,
        'file-system': { type: 'ext4', label: 'system', uuid, size: 20 * mebibyte, 'is-cut-off': false },
      },
    ],
    'efi-programs': [],
    'boot-modes': [],
    'operating-system': {
      name: 'linux',
      reason: 'partition 1 has ext4, partition 1 is of type Linux file system',
    },
    architecture: { name: 'unknown', reason: 'nothing tells' },
    findings: [],
  });
  const without = JSON.parse((await runCli(['info', '--json', 'disk.raw'], { cwd: folder.path })).stdout);
  t.deepEqual(without, image);
});

test('inside gzip, where the size of the disk comes with it', async (t) => {
  await using folder = await makeFolder();
  await makeDisk(folder);
  const plain = await runCli(['info', '--guest', '--json', 'disk.raw'], { cwd: folder.path });
  execFileSync('gzip', ['-n1', folder.at('disk.raw')]);
  const inGzip = await runCli(['info', '--guest', '--json', 'disk.raw.gz'], { cwd: folder.path });
  t.is(inGzip.stderr, '');
  t.deepEqual(JSON.parse(inGzip.stdout).guest, JSON.parse(plain.stdout).guest);
  t.is(JSON.parse(inGzip.stdout)['virtual-size'], 32 * mebibyte);
});

test('an empty disk, a file system without a table, and findings', async (t) => {
  await using folder = await makeFolder();
  await makeBlank(folder.at('empty.raw'), mebibyte);
  const disk = await makeDisk(folder);
  await patchFile(disk, 32 * mebibyte - 512, Buffer.alloc(512));
  const { stdout } = await runCli(['info', '--guest', 'empty.raw', 'ext4', 'disk.raw'], { cwd: folder.path });
  const [empty = '', whole = '', damaged = ''] = stdout.split('\n\n');
  t.regex(empty, /\n {2}note +the disk is empty: [^\n]+$/);
  t.notRegex(empty, /partition table {2}|starts with/);
  t.regex(whole, new RegExp(`\\n {2}whole disk +ext4 'system' ${uuid} of 20 MiB\\n`));
  t.regex(damaged, /\n {2}warning +the backup GPT is missing; 'sgdisk -e' writes it anew\n$/);
});

test('names that would drive a terminal', async (t) => {
  await using folder = await makeFolder();
  const path = await makeDisk(folder);
  await patchFile(path, mebibyte + 1024 + 0x78, Buffer.from('a\x1b[31m\nb\u2028c\0'));
  const { stdout } = await runCli(['info', '--guest', 'disk.raw'], { cwd: folder.path });
  t.regex(stdout, /ext4 'a\\u001b\[31m\\u000ab\\u2028c'/);
});

test('an image that must not be read is described, and the failure is told of', async (t) => {
  await using folder = await makeFolder();
  await makeDisk(folder);
  await qemuImg(
    'create',
    '-q',
    '-f',
    'qcow2',
    '-F',
    'raw',
    '-b',
    folder.at('disk.raw'),
    folder.at('overlay.qcow2'),
  );
  const { status, stdout, stderr } = await runCli(['info', '--guest', 'overlay.qcow2', 'disk.raw'], {
    cwd: folder.path,
  });
  t.is(status, 1);
  assertOneLine(t, stderr, 'QCOW2_EXTERNAL_FILE');
  t.regex(stdout, /^overlay\.qcow2\n(?: {2}[^\n]+\n)+\ndisk\.raw\n(?: {2}[^\n]+\n)+$/);
  t.is(stdout.match(/partition table/g)?.length, 1);
});

import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import type { ErrorCode } from '../../src/errors.js';
import { runCli } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw } from '../helpers/images.js';
import { be32, be64, patchFile } from '../helpers/patch.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { assertRefused } from '../helpers/refusal.js';

// Offsets in the header, by the names of the specification.
const clusterBits = 20;
const virtualSize = 24;
const cryptMethod = 32;
const l1Size = 36;
const l1TableOffset = 40;
const incompatibleFeatures = 72;

/** Makes `disk.qcow2` with a little data. */
async function makeQcow2(folder: Folder, options: readonly string[] = []): Promise<string> {
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', ...options, path, '4M');
  await qemuIo(path, 'qcow2', 'write -P 0x11 1M 128k');
  return path;
}

/** It must not be converted, not compared, but described, also from within gzip. */
async function assertDescribedOnly(
  t: ExecutionContext,
  folder: Folder,
  code: ErrorCode,
  says: RegExp,
): Promise<void> {
  await makeRaw(folder.at('other.raw'), 4096);
  await assertRefused(t, folder, ['convert', 'disk.qcow2', 'new.raw'], { code, says });
  await assertRefused(t, folder, ['compare', 'other.raw', 'disk.qcow2'], { code, says, status: 2 });
  execFileSync('gzip', ['-kn', folder.at('disk.qcow2')]);
  await assertRefused(t, folder, ['convert', 'disk.qcow2.gz', 'new.raw.gz'], { code, says });
  for (const name of ['disk.qcow2', 'disk.qcow2.gz']) {
    const { status, stdout, stderr } = await runCli(['info', '--json', name], { cwd: folder.path });
    t.is(status, 0);
    t.is(stderr, '');
    t.like(JSON.parse(stdout), { 'virtual-size': 4 * 1024 * 1024, refusal: { code } });
    t.regex(JSON.parse(stdout).refusal.message, says);
  }
  const human = await runCli(['info', 'disk.qcow2'], { cwd: folder.path });
  t.regex(human.stdout, new RegExp(`\\n  not readable .* \\[${code}\\]\\n`));
}

test('a backing file', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('base.raw'), 4 * 1024 * 1024);
  await makeQcow2(folder, ['-F', 'raw', '-b', folder.at('base.raw')]);
  await assertDescribedOnly(
    t,
    folder,
    'QCOW2_EXTERNAL_FILE',
    /backing file \('.*base\.raw'\).*qemu-img convert/,
  );
});

test('a data file', async (t) => {
  await using folder = await makeFolder();
  await makeQcow2(folder, ['-o', `data_file=${folder.at('data.raw')}`]);
  await assertDescribedOnly(
    t,
    folder,
    'QCOW2_EXTERNAL_FILE',
    /external file \('.*data\.raw'\).*qemu-img convert/,
  );
});

for (const [method, name] of [
  [1, 'AES'],
  [2, 'LUKS'],
] as const) {
  test(`encryption with ${name}`, async (t) => {
    await using folder = await makeFolder();
    await patchFile(await makeQcow2(folder), cryptMethod, be32(method));
    await assertDescribedOnly(t, folder, 'QCOW2_UNSUPPORTED_FEATURE', new RegExp(`decryption \\(${name}\\)`));
  });
}

test('marked as corrupt', async (t) => {
  await using folder = await makeFolder();
  await patchFile(await makeQcow2(folder), incompatibleFeatures, be64(2n));
  await assertDescribedOnly(t, folder, 'QCOW2_CORRUPT', /marked corrupt.*qemu-img check -r all/);
});

test('any unknown incompatible feature', async (t) => {
  await using folder = await makeFolder();
  const path = await makeQcow2(folder);
  for (const bit of [5, 31, 32, 63]) {
    await patchFile(path, incompatibleFeatures, be64(1n << BigInt(bit)));
    for (const args of [
      ['convert', 'disk.qcow2', 'new.raw'],
      ['info', 'disk.qcow2'],
      ['check', 'disk.qcow2'],
    ]) {
      await assertRefused(t, folder, args, {
        code: 'QCOW2_UNSUPPORTED_FEATURE',
        says: new RegExp(`disk\\.qcow2: needs incompatible feature bit ${bit}, `),
      });
    }
  }
});

test('a damaged bitmap directory, unless the image is to be read nevertheless', async (t) => {
  await using folder = await makeFolder();
  const path = await makeQcow2(folder);
  await qemuImg('bitmap', '--add', path, 'dirt');
  const file = await readFile(path);
  const directory = Number(file.readBigUInt64BE(file.indexOf(Buffer.from('23852875', 'hex')) + 24));
  // The type, of which there is but one.
  await patchFile(path, directory + 16, Buffer.from([9]));
  for (const args of [
    ['convert', 'disk.qcow2', 'new.raw'],
    ['info', 'disk.qcow2'],
    ['check', 'disk.qcow2'],
  ]) {
    await assertRefused(t, folder, args, { code: 'QCOW2_CORRUPT', says: /bitmap directory entry 0/ });
  }
  const args = ['convert', '--force-corrupt', 'disk.qcow2', 'new.raw'];
  t.deepEqual(
    await runCli(args, { cwd: folder.path }).then(({ status, stderr }) => [status, stderr.includes('error')]),
    [0, false],
  );
});

test('a dirty image is read', async (t) => {
  await using folder = await makeFolder();
  await patchFile(await makeQcow2(folder), incompatibleFeatures, be64(1n));
  const { status } = await runCli(['convert', 'disk.qcow2', 'new.raw'], { cwd: folder.path });
  t.is(status, 0);
});

const lies: ReadonlyArray<readonly [what: string, offset: number, Uint8Array, ErrorCode, RegExp]> = [
  ['version', 4, be32(4), 'QCOW2_BAD_HEADER', /version is 4; allowed is 2 or 3/],
  ['cluster size', clusterBits, be32(8), 'QCOW2_BAD_HEADER', /cluster_bits is 8; allowed is 9 to 21/],
  ['virtual size', virtualSize, be64(1n << 62n), 'QCOW2_BAD_HEADER', /l1_size is 1; allowed is at least/],
  ['L1 size', l1Size, be32(0xffff_ffff), 'QCOW2_BAD_HEADER', /l1_size is 4294967295/],
  ['L1 offset', l1TableOffset, be64(1n), 'QCOW2_BAD_HEADER', /l1_table_offset is 1; allowed is a multiple/],
  ['L1 place', l1TableOffset, be64(1n << 40n), 'QCOW2_TRUNCATED', /lies past the end of the file/],
];

for (const [what, offset, bytes, code, says] of lies) {
  test(`a header that lies about its ${what}`, async (t) => {
    await using folder = await makeFolder();
    await patchFile(await makeQcow2(folder), offset, bytes);
    for (const args of [
      ['convert', 'disk.qcow2', 'new.raw'],
      ['info', 'disk.qcow2'],
    ]) {
      await assertRefused(t, folder, args, { code, says });
      await assertRefused(t, folder, args, { code, says: /: disk\.qcow2: / });
    }
  });
}

test('a table that points past the end of the file is named by the file that users know', async (t) => {
  await using folder = await makeFolder();
  const path = await makeQcow2(folder);
  // The L1 table of a small image is the fourth cluster.
  await patchFile(path, 3 * 65536, be64((1n << 63n) | (1n << 40n)));
  execFileSync('gzip', ['-kn', path]);
  await makeRaw(folder.at('other.raw'), 4 * 1024 * 1024);
  for (const name of ['disk.qcow2', 'disk.qcow2.gz']) {
    const refusal = { code: 'QCOW2_TRUNCATED', says: new RegExp(`: ${name}: L1 entry 0 names`) } as const;
    await assertRefused(t, folder, ['convert', name, 'new.raw'], refusal);
    await assertRefused(t, folder, ['convert', '-O', 'qcow2', name, '-'], refusal);
    await assertRefused(t, folder, ['compare', name, 'other.raw'], { ...refusal, status: 2 });
  }
});

test('a damaged compressed cluster is named by the file that users know', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('full.raw'), 65536, [{ offsetBytes: 0, bytes: Buffer.alloc(65536, 'text ') }]);
  await qemuImg('convert', '-c', '-O', 'qcow2', folder.at('full.raw'), folder.at('disk.qcow2'));
  // The first data cluster is behind header, refcount table, refcount block and tables.
  await patchFile(folder.at('disk.qcow2'), 5 * 65536, Buffer.alloc(64, 0xff));
  execFileSync('gzip', ['-kn', folder.at('disk.qcow2')]);
  for (const name of ['disk.qcow2', 'disk.qcow2.gz']) {
    const says = new RegExp(
      `: ${name}: the compressed cluster at byte \\d+ for guest offset 0 does not inflate`,
    );
    for (const target of ['new.raw', 'new.qcow2.gz']) {
      await assertRefused(t, folder, ['convert', name, target], { code: 'QCOW2_CORRUPT', says });
    }
  }
});

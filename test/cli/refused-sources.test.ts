import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { crc32, gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { runCli, runWithoutPrivileges } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { qemuImg } from '../helpers/qemu.js';
import { assertRefused, type Refusal } from '../helpers/refusal.js';

/** Every command that reads a whole image must refuse it, each in its own way of reading. */
async function assertUnreadable(
  t: ExecutionContext,
  folder: Folder,
  source: string,
  refusal: Refusal,
): Promise<void> {
  await makeRaw(folder.at('other.raw'), 4096);
  // The content is the target; it is kept beside the target; or in a place for temporary files.
  await assertRefused(t, folder, ['convert', source, 'new.raw'], refusal);
  await assertRefused(t, folder, ['convert', '--verify', source, 'new.qcow2.gz'], refusal);
  await assertRefused(t, folder, ['convert', '-O', 'raw', source, '-'], refusal);
  await assertRefused(t, folder, ['compare', 'other.raw', source], { ...refusal, status: 2 });
}

/** So must those that read only its head. */
async function assertUnknown(
  t: ExecutionContext,
  folder: Folder,
  source: string,
  refusal: Refusal,
): Promise<void> {
  await makeRaw(folder.at('other.raw'), 4096);
  await assertRefused(t, folder, ['convert', source, 'new.qcow2'], refusal);
  await assertRefused(t, folder, ['compare', source, 'other.raw'], { ...refusal, status: 2 });
  await assertRefused(t, folder, ['info', source], refusal);
}

test('a missing file', async (t) => {
  await using folder = await makeFolder();
  await assertUnknown(t, folder, 'missing.raw', {
    code: 'IO_NOT_FOUND',
    says: /: missing\.raw: no such file/,
  });
  await assertUnknown(t, folder, 'other.raw/image.raw', {
    code: 'IO_NOT_FOUND',
    says: /: other\.raw\/image\.raw: a part of the path is not a directory/,
  });
  await assertUnknown(t, folder, '', { code: 'IO_NOT_FOUND', says: /: '': no such file/ });
});

test('a directory', async (t) => {
  await using folder = await makeFolder();
  await mkdir(folder.at('folder.raw'));
  await assertUnknown(t, folder, 'folder.raw', {
    code: 'IO_NOT_A_FILE',
    says: /: folder\.raw: is a directory/,
  });
});

test('a FIFO or a socket does not make it wait, and a device is not read', async (t) => {
  await using folder = await makeFolder();
  execFileSync('mkfifo', [folder.at('fifo.raw')]);
  const server = createServer().listen(folder.at('socket.raw'));
  t.teardown(() => server.close());
  await once(server, 'listening');
  for (const source of ['fifo.raw', 'socket.raw', '/dev/null', '/dev/zero']) {
    await assertUnknown(t, folder, source, {
      code: 'IO_NOT_A_FILE',
      says: new RegExp(`: ${source}: is neither a regular file nor a block device; use - to read a pipe`),
    });
  }
});

test('a file of which a read fails', async (t) => {
  await using folder = await makeFolder();
  // A regular file, as it says, and nothing is mapped at its beginning.
  await assertUnknown(t, folder, '/proc/self/mem', {
    code: 'IO_FAILED',
    says: /: \/proc\/self\/mem: read failed: i\/o error \(EIO\)/,
  });
});

test('a file without permission to read it', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('secret.raw'), 4096);
  await chmod(folder.at('secret.raw'), 0o000);
  for (const args of [
    ['convert', 'secret.raw', 'new.raw'],
    ['info', 'secret.raw'],
  ]) {
    await assertRefused(t, folder, args, {
      code: 'IO_ACCESS_DENIED',
      says: /: secret\.raw: permission denied; check its owner and mode/,
      run: runWithoutPrivileges,
    });
  }
});

test('not what the name says', async (t) => {
  await using folder = await makeFolder();
  await writeFile(folder.at('text.raw.gz'), 'not gzip');
  await writeFile(folder.at('empty.raw.gz'), '');
  await writeFile(folder.at('text.qcow2'), 'not qcow2');
  await writeFile(folder.at('text.qcow2.gz'), gzipSync(noise(100_000)));
  for (const name of ['text.raw.gz', 'empty.raw.gz']) {
    await assertUnknown(t, folder, name, {
      code: 'FORMAT_MISMATCH',
      says: new RegExp(`: ${name}: is named .gz but is not gzip`),
    });
  }
  for (const name of ['text.qcow2', 'text.qcow2.gz']) {
    await assertUnknown(t, folder, name, {
      code: 'FORMAT_MISMATCH',
      says: new RegExp(`: ${name}: is named .qcow2 but does not begin with a qcow2 header`),
    });
  }
});

test('not what -f says', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 4096, [{ offsetBytes: 0, bytes: prose(4096) }]);
  await assertRefused(t, folder, ['convert', '-f', 'qcow2', 'disk.raw', 'new.raw'], {
    code: 'QCOW2_BAD_HEADER',
    says: /: disk\.raw: does not begin with the qcow2 magic/,
  });
  for (const format of ['raw.gz', 'qcow2.gz']) {
    await assertRefused(t, folder, ['convert', '-f', format, 'disk.raw', 'new.raw'], {
      code: 'FORMAT_MISMATCH',
      says: /: disk\.raw: is not gzip/,
    });
  }
  await writeFile(folder.at('disk.raw.gz'), gzipSync(prose(4096)));
  await assertRefused(t, folder, ['convert', '-f', 'qcow2.gz', 'disk.raw.gz', 'new.raw'], {
    code: 'QCOW2_BAD_HEADER',
    says: /: disk\.raw\.gz: does not begin with the qcow2 magic/,
  });
});

for (const format of ['vmdk', 'vhdx', 'vdi', 'qcow', 'qed']) {
  test(`an image of format ${format}`, async (t) => {
    await using folder = await makeFolder();
    await qemuImg('create', '-q', '-f', format, folder.at('disk.img'), '4M');
    await assertUnknown(t, folder, 'disk.img', {
      code: 'FORMAT_UNSUPPORTED',
      says: /: disk\.img: looks like .* reads raw, qcow2 and both in \.gz; convert it with 'qemu-img convert/,
    });
  });
}

test('a file of another compressor', async (t) => {
  await using folder = await makeFolder();
  const beginnings = { xz: 'fd377a585a00', Zstandard: '28b52ffd', bzip2: '425a6839' };
  for (const [name, beginning] of Object.entries(beginnings)) {
    await writeFile(folder.at('packed.img'), Buffer.concat([Buffer.from(beginning, 'hex'), noise(4096)]));
    await assertUnknown(t, folder, 'packed.img', {
      code: 'FORMAT_UNSUPPORTED',
      says: new RegExp(`: packed\\.img: looks like ${name}; .*decompress it first`),
    });
  }
});

// A gzip file without a name in its header: 10 bytes, then deflate data, then CRC-32 and length.
const content = prose(3_000_000);
const whole = gzipSync(content);

for (const lengthBytes of [3, 10, 1000, 70_000, whole.length - 9, whole.length - 8, whole.length - 1]) {
  test(`a gzip file that ends after ${lengthBytes} of ${whole.length} bytes`, async (t) => {
    await using folder = await makeFolder();
    await writeFile(folder.at('disk.raw.gz'), whole.subarray(0, lengthBytes));
    await assertUnreadable(t, folder, 'disk.raw.gz', {
      code: 'GZIP_TRUNCATED',
      says: new RegExp(`: disk\\.raw\\.gz: ends at byte ${lengthBytes}, .*cut short`),
    });
  });
}

test('a qcow2 in gzip that was cut short is not taken for something else', async (t) => {
  await using folder = await makeFolder();
  await qemuImg('create', '-q', '-f', 'qcow2', folder.at('disk.qcow2'), '4M');
  execFileSync('gzip', ['-n', folder.at('disk.qcow2')]);
  await truncate(folder.at('disk.qcow2.gz'), 30);
  await assertUnknown(t, folder, 'disk.qcow2.gz', { code: 'GZIP_TRUNCATED', says: /cut short/ });
});

function damaged(offsetBytes: number): Buffer {
  const bytes = Buffer.from(whole);
  bytes.writeUInt8(bytes.readUInt8(offsetBytes) ^ 0x10, offsetBytes);
  return bytes;
}

const damages: ReadonlyArray<readonly [what: string, bytes: Buffer, Refusal]> = [
  ['CRC-32', damaged(whole.length - 6), { code: 'GZIP_CHECKSUM_MISMATCH', says: /CRC-32 or length/ }],
  ['length', damaged(whole.length - 3), { code: 'GZIP_CHECKSUM_MISMATCH', says: /CRC-32 or length/ }],
  [
    'method',
    damaged(2),
    { code: 'GZIP_BAD_HEADER', says: /the gzip header has method \d+ and flags \d+; allowed/ },
  ],
  [
    'flags',
    Buffer.from(whole).fill(0xe0, 3, 4),
    { code: 'GZIP_BAD_HEADER', says: /the gzip header has method \d+ and flags \d+; allowed/ },
  ],
  // 7: the last block, of the type 3, which does not exist.
  ['first block', Buffer.from(whole).fill(7, 10, 11), { code: 'GZIP_CORRUPT', says: /invalid deflate data/ }],
];

for (const [what, bytes, refusal] of damages) {
  test(`a gzip file with a wrong ${what}`, async (t) => {
    await using folder = await makeFolder();
    await writeFile(folder.at('disk.raw.gz'), bytes);
    await assertUnreadable(t, folder, 'disk.raw.gz', refusal);
  });
}

test('a second gzip member is checked as well as the first', async (t) => {
  await using folder = await makeFolder();
  const second = gzipSync(prose(1000));
  const wrongSum = Buffer.from(second);
  wrongSum.writeUInt32LE(crc32(prose(1000)) ^ 1, wrongSum.length - 8);
  const wrongBlock = Buffer.from(second).fill(7, 10, 11);
  const wrongMethod = Buffer.from(second).fill(9, 2, 3);
  for (const [member, code] of [
    [wrongSum, 'GZIP_CHECKSUM_MISMATCH'],
    [wrongBlock, 'GZIP_CORRUPT'],
    [wrongMethod, 'GZIP_BAD_HEADER'],
    [second.subarray(0, 50), 'GZIP_TRUNCATED'],
  ] as const) {
    await writeFile(folder.at('disk.raw.gz'), Buffer.concat([whole, member]));
    await assertUnreadable(t, folder, 'disk.raw.gz', { code, says: /: disk\.raw\.gz: / });
  }
});

test('what follows the gzip data is ignored, but not in silence', async (t) => {
  await using folder = await makeFolder();
  await writeFile(folder.at('disk.raw.gz'), Buffer.concat([whole, Buffer.from('garbage')]));
  const { status, stderr } = await runCli(['convert', 'disk.raw.gz', 'new.raw'], { cwd: folder.path });
  t.is(status, 0);
  t.regex(stderr, /^warning: disk\.raw\.gz: .*ignored \[GZIP_TRAILING_GARBAGE\]\n$/);
});

import test from 'ava';
import { type GuestReport, guestWarnings, inspectGuest } from '../../src/index.js';
import { diskOf, types, writeExt4, writeGpt, writeGrub, writeNtfs } from './disks.js';

const mebibyte = 2 ** 20;

function disk(write: (bytes: Buffer) => void): GuestReport {
  const bytes = Buffer.alloc(4 * mebibyte);
  write(bytes);
  return inspectGuest(diskOf(bytes));
}

function writeLinux(bytes: Buffer): void {
  writeGpt(bytes, [
    { type: types.biosBoot, first: 34, last: 2047 },
    { type: types.linux, first: 2048, last: 4095 },
  ]);
  writeGrub(bytes, 34);
  bytes.write('loading', 34 * 512);
  writeExt4(bytes, mebibyte, mebibyte);
}

function writeWindows(bytes: Buffer): void {
  writeGpt(bytes, [
    { type: types.reserved, first: 34, last: 2047 },
    { type: types.basicData, first: 2048, last: 4095 },
  ]);
  writeNtfs(bytes, mebibyte, mebibyte);
}

const noBoot =
  'nothing was found that starts a machine, neither boot code for a BIOS nor a boot loader for UEFI; as a root disk it does not start';

test('a disk that is what the product says has no warnings', (t) => {
  const report = disk(writeLinux);
  for (const product of ['0001', '0004']) t.deepEqual(guestWarnings(report, [product]), []);
  t.deepEqual(guestWarnings(report, []), []);
});

test('Windows products with a Linux disk, and the reverse', (t) => {
  const linux = disk(writeLinux);
  for (const product of ['0002', '0005']) {
    const [line, ...more] = guestWarnings(linux, [product]);
    t.regex(
      line ?? '',
      new RegExp(`^product type ${product} means Windows, but the disk looks like Linux \\(.*use 0001$`),
    );
    t.deepEqual(more, []);
  }
  const windows = disk(writeWindows);
  for (const product of ['0001', '0004']) {
    const [line, ...more] = guestWarnings(windows, [product]);
    t.regex(
      line ?? '',
      new RegExp(`^product type ${product} means Linux, but the disk looks like Windows \\(.*use 0002`),
    );
    t.deepEqual(more, [noBoot]);
  }
  t.deepEqual(guestWarnings(windows, ['0002']), [noBoot]);
});

test('nothing that starts, and nothing at all', (t) => {
  t.deepEqual(
    guestWarnings(
      disk((bytes) => writeExt4(bytes, 0, bytes.length)),
      ['0001'],
    ),
    [noBoot],
  );
  t.deepEqual(
    guestWarnings(
      disk(() => {}),
      ['0001'],
    ),
    ['the disk is empty: no machine starts from it'],
  );
});

test('encryption', (t) => {
  const report = disk((bytes) => {
    writeLinux(bytes);
    bytes.fill(0, mebibyte, mebibyte + 4096);
    bytes.write('LUKS\xba\xbe\0\x02', mebibyte, 'latin1');
  });
  t.deepEqual(guestWarnings(report, ['0001']), [
    'partition 2 is encrypted (LUKS): a machine that needs it to start waits for a key',
  ]);
  const whole = disk((bytes) => bytes.write('-FVE-FS-', 3, 'latin1'));
  t.true(guestWarnings(whole, ['0002']).some((line) => line.startsWith('the disk is encrypted (BitLocker)')));
});

test('UEFI alone, and the wrong architecture', (t) => {
  const report = disk(writeLinux);
  const uefi: GuestReport = {
    ...report,
    bootModes: [{ mode: 'uefi', reason: 'a loader' }],
    architecture: { name: 'aarch64', reason: 'a loader' },
  };
  t.deepEqual(guestWarnings(uefi, ['0001']), [
    'the disk starts with UEFI alone, and a manifest cannot say so; the image has to be registered with the boot mode uefi',
    'the disk is for aarch64 (a loader), and the service has x86_64 and i386',
  ]);
  const either: GuestReport = { ...report, bootModes: [...report.bootModes, ...uefi.bootModes] };
  t.deepEqual(guestWarnings(either, ['0001']), []);
});

test('the warnings of the report are among them, its notes are not', (t) => {
  const damaged = disk((bytes) => {
    writeLinux(bytes);
    bytes.fill(0, bytes.length - 512);
  });
  t.deepEqual(guestWarnings(damaged, ['0001']), ["the backup GPT is missing; 'sgdisk -e' writes it anew"]);
  const findings = [{ severity: 'note', message: 'a note' }] as const;
  t.deepEqual(guestWarnings({ ...disk(writeLinux), findings }, ['0001']), []);
});

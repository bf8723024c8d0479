import { truncate } from 'node:fs/promises';
import test from 'ava';
import { readGuestReport } from '../../src/index.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw } from '../helpers/images.js';
import { patchFile } from '../helpers/patch.js';
import { succeed } from '../helpers/qemu.js';

const mebibyte = 2 ** 20;
const diskBytes = 64 * mebibyte;
const zeros = (sectors: number) => new Uint8Array(sectors * 512);
const primaryHeader = { offsetBytes: 512 + 56, bytes: Uint8Array.of(0xff) };
const primaryEntries = { offsetBytes: 1024 + 32, bytes: Uint8Array.of(0xff) };
const noPrimary = { offsetBytes: 512, bytes: zeros(33) };
const noBackup = { offsetBytes: diskBytes - 33 * 512, bytes: zeros(33) };

const cases = [
  { title: 'a damaged header', damage: [primaryHeader], grown: false, isLost: false },
  { title: 'a damaged header, made larger', damage: [primaryHeader], grown: true, isLost: false },
  { title: 'damaged entries, made larger', damage: [primaryEntries], grown: true, isLost: false },
  { title: 'no primary, made larger', damage: [noPrimary], grown: true, isLost: false },
  { title: 'no primary', damage: [noPrimary], grown: false, isLost: false },
  { title: 'no backup', damage: [noBackup], grown: false, isLost: false },
  { title: 'made larger', damage: [], grown: true, isLost: false },
  { title: 'a damaged header and no backup', damage: [primaryHeader, noBackup], grown: false, isLost: true },
  { title: 'damaged entries and no backup', damage: [primaryEntries, noBackup], grown: true, isLost: true },
];

for (const { title, damage, grown, isLost } of cases) {
  test(`what is advised brings the partitions back: ${title}`, async (t) => {
    await using folder = await makeFolder();
    const disk = await makeRaw(folder.at('d.raw'), diskBytes);
    await succeed('sgdisk', '-n1:1M:+10M', '-n2:0:+20M', disk);
    for (const { offsetBytes, bytes } of damage) await patchFile(disk, offsetBytes, bytes);
    if (grown) await truncate(disk, 2 * diskBytes);
    const { findings } = await readGuestReport(disk);
    const told = findings.map(({ message }) => message).join('\n');
    t.not(told, '');
    t.is(told.includes("'sgdisk -e'"), !isLost, told);
    if (isLost) {
      t.regex(told, /no copy of the GPT is sound/);
      return;
    }
    const [, cutBytes] = /cut a copy of the disk to (\d+) bytes/.exec(told) ?? [];
    if (cutBytes !== undefined) await truncate(disk, Number(cutBytes));
    await succeed('sgdisk', '-e', disk);
    const after = await readGuestReport(disk);
    t.deepEqual(after.findings, []);
    t.deepEqual(
      after.partitions.map(({ startBytes, lengthBytes }) => [startBytes / mebibyte, lengthBytes / mebibyte]),
      [
        [1, 10],
        [11, 20],
      ],
    );
  });
}

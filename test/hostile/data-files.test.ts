import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import test from 'ava';
import { runBounded } from '../helpers/bounded.js';
import { assertNotFollowed, makeSite, outside, type Site } from '../helpers/external-site.js';
import { be64, patchFile } from '../helpers/patch.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { assertRefused } from '../helpers/refusal.js';

// With --allow-external: what an image may not do even then.

/** An image with a data file of any name; qemu-img would make that file. */
async function makeDataImage(site: Site, name: string): Promise<void> {
  const path = site.at('disk.qcow2');
  const placeholder = site.at('x'.repeat(100));
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${placeholder}`, path, '4M');
  await rm(placeholder);
  const bytes = await readFile(path);
  const at = bytes.indexOf(placeholder);
  // The zeros behind it read as the end of the extensions.
  bytes.fill(0, at, at + placeholder.length);
  bytes.write(name, at);
  bytes.writeUInt32BE(name.length, at - 4);
  await writeFile(path, bytes);
}

test('a data file that is not in the folder, or no file', async (t) => {
  await using site = await makeSite();
  for (const name of [site.folder.at('secret'), '../secret', '/etc/passwd']) {
    await makeDataImage(site, name);
    await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', outside);
  }
  await makeDataImage(site, 'json:{"filename":"secret"}');
  await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', /which is not a path; only plain files are read/);
  execFileSync('mkfifo', [site.at('fifo')]);
  await makeDataImage(site, 'fifo');
  await assertNotFollowed(t, site, 'IO_NOT_A_FILE', /vm\/fifo: is not a regular file/);
  await makeDataImage(site, 'disk.qcow2');
  await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', /which is in the chain already/);
  await makeDataImage(site, '');
  await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', /in an external file that it does not name/);
});

test('a data file from which a cluster of another place is wanted', async (t) => {
  await using site = await makeSite();
  const path = site.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${site.at('data')}`, path, '4M');
  await qemuIo(path, 'qcow2', 'write -P 0x2e 0 128k');
  const bytes = await readFile(path);
  const l1Table = Number(bytes.readBigUInt64BE(40));
  const l2Table = Number(bytes.readBigUInt64BE(l1Table) & 0x00ff_ffff_ffff_fe00n);
  for (const entry of [(1n << 63n) | 0x30000n, 1n << 63n, (1n << 63n) | (1n << 50n)]) {
    await patchFile(path, l2Table + 8, be64(entry));
    const args = ['convert', '--allow-external', 'vm/disk.qcow2', 'new.raw'];
    const says = /the data for guest offset 65536 is at byte \d+ of the data file, where only its own/;
    await assertRefused(t, site.folder, args, { code: 'QCOW2_CORRUPT', says, run: runBounded });
  }
});

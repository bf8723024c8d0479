import { link, readFile, rm, symlink } from 'node:fs/promises';
import test from 'ava';
import { runBounded } from '../helpers/bounded.js';
import { assertNotFollowed, makeOverlay, makeSite } from '../helpers/external-site.js';
import { makeRaw, noise } from '../helpers/images.js';
import { qemuImg, qemuIo, succeed } from '../helpers/qemu.js';

// With --allow-external: what an image may not do even then.

const mebibyte = 1024 * 1024;

test('an image that is its own backing file', async (t) => {
  await using site = await makeSite();
  const chain = /names the file '.*', which is in the chain already; a chain must come to an end/;
  for (const format of ['qcow2', 'raw']) {
    await makeOverlay(site.at('disk.qcow2'), 'disk.qcow2', format);
    await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', chain);
  }
  // By other names.
  await makeOverlay(site.at('disk.qcow2'), 'other.qcow2', 'qcow2');
  await link(site.at('disk.qcow2'), site.at('other.qcow2'));
  await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', chain);
  await rm(site.at('other.qcow2'));
  await symlink('disk.qcow2', site.at('other.qcow2'));
  await assertNotFollowed(t, site, 'QCOW2_EXTERNAL_FILE', chain);
});

test('two images that are the backing files of each other', async (t) => {
  await using site = await makeSite();
  await makeOverlay(site.at('disk.qcow2'), 'two.qcow2', 'qcow2');
  await makeOverlay(site.at('two.qcow2'), 'disk.qcow2', 'qcow2');
  await assertNotFollowed(
    t,
    site,
    'QCOW2_EXTERNAL_FILE',
    /vm\/two\.qcow2: names the file '.*disk\.qcow2', which is in the chain already/,
  );
});

test('a chain of one image too many', async (t) => {
  await using site = await makeSite();
  await makeRaw(site.at('64'), 4 * mebibyte, [{ offsetBytes: 0, bytes: noise(mebibyte) }]);
  for (let index = 1; index < 64; ++index) {
    await makeOverlay(site.at(`${index}`), `${index + 1}`, index === 63 ? 'raw' : 'qcow2');
  }
  const allowed = ['convert', '--verify', '--allow-external', 'vm/1', 'new.raw'];
  const { status, stderr } = await runBounded(allowed, { cwd: site.folder.path });
  t.is(status, 0, stderr);
  t.true((await readFile(site.folder.at('new.raw'))).equals(await readFile(site.at('64'))));
  await rm(site.folder.at('new.raw'));
  await makeOverlay(site.at('disk.qcow2'), '1', 'qcow2');
  await assertNotFollowed(
    t,
    site,
    'QCOW2_EXTERNAL_FILE',
    /vm\/63: names a backing file \('64'\) behind 64 images, which is the most/,
  );
});

test('a chain of large clusters takes no more memory than one image', async (t) => {
  await using site = await makeSite();
  const path = site.at('1');
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=2M', path, '128M');
  // Every one has an L2 table of 2 MiB, and a compressed cluster of 2 MiB that shows.
  for (let index = 1; index <= 60; ++index) {
    const name = site.at(`${index}`);
    if (index > 1) {
      const behind = ['-u', '-b', `${index - 1}`, '-F', 'qcow2'];
      await qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=2M', ...behind, name, '128M');
    }
    // Without what is behind it, which need not be opened for a whole cluster.
    const image = { driver: 'qcow2', file: { driver: 'file', filename: name }, backing: null };
    await succeed('qemu-io', '-c', `write -c -P ${index} ${index * 2}M 2M`, `json:${JSON.stringify(image)}`);
  }
  const args = ['convert', '--verify', '--allow-external', 'vm/60', 'new.qcow2.gz'];
  const { status, stderr } = await runBounded(args, { cwd: site.folder.path });
  t.is(status, 0, stderr);
});

test('a long gap over very many extents is not looked through for each of them', async (t) => {
  await using site = await makeSite();
  const tiny = ['-o', 'cluster_size=512'];
  await qemuImg('create', '-q', '-f', 'qcow2', ...tiny, site.at('base'), '8M');
  const commands = Array.from({ length: 8192 }, (_, index) => `write -z ${index * 1024} 512`);
  await qemuIo(site.at('base'), 'qcow2', ...commands);
  // An L1 table of a million entries each, all open.
  let backing = 'base';
  for (const name of ['a', 'b', 'disk.qcow2']) {
    const behind = ['-u', '-b', backing, '-F', 'qcow2'];
    await qemuImg('create', '-q', '-f', 'qcow2', ...tiny, ...behind, site.at(name), '32G');
    backing = name;
  }
  const args = ['map', '--json', '--allow-external', 'vm/disk.qcow2'];
  const { status, stdout, stderr } = await runBounded(args, { cwd: site.folder.path });
  t.is(status, 0, stderr);
  t.is(stdout.split('\n').length, 2 * 8192 + 2);
});

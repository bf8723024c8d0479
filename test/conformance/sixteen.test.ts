import { copyFile } from 'node:fs/promises';
import test from 'ava';
import { compareImages, convert, type FormatName } from '../../src/index.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise, prose, sha256 } from '../helpers/images.js';
import { qemuImg, succeed } from '../helpers/qemu.js';
import { judge } from '../helpers/referees.js';

const MiB = 1024 * 1024;
const formats: readonly FormatName[] = ['raw', 'qcow2', 'raw.gz', 'qcow2.gz'];

/** A disk with text, noise, zeros that are written and holes, in pieces that keep to no boundary. */
async function makeDisk(path: string): Promise<string> {
  return await makeRaw(path, 21 * MiB + 512, [
    { offsetBytes: 0, bytes: prose(300_000) },
    { offsetBytes: 2 * MiB + 77, bytes: noise(1_000_001) },
    { offsetBytes: 4 * MiB - 1, bytes: prose(2 * MiB, 3) },
    { offsetBytes: 9 * MiB, bytes: new Uint8Array(MiB) },
    { offsetBytes: 16 * MiB, bytes: prose(4 * MiB, 5) },
  ]);
}

/** The same disk in a format, as the usual tools make it. */
async function makeSource(folder: Folder, raw: string, format: FormatName): Promise<string> {
  const path = folder.at(`source.${format}`);
  const plain = format.startsWith('qcow2') ? folder.at('source.qcow2') : folder.at('source.raw');
  if (format.startsWith('qcow2')) await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', raw, plain);
  else await copyFile(raw, plain);
  if (format.endsWith('.gz')) await succeed('pigz', '-kf', plain);
  return path;
}

for (const from of formats) {
  for (const to of formats) {
    test(`${from} to ${to}: the referees agree, whatever the number of workers`, async (t) => {
      await using folder = await makeFolder();
      const raw = await makeDisk(folder.at('disk.img'));
      const source = await makeSource(folder, raw, from);
      const before = await sha256(source);
      const one = folder.at(`one.${to}`);
      const many = folder.at(`many.${to}`);
      const result = await convert(source, one, { threads: 1 });
      await convert(source, many, { threads: 3, verify: true });
      t.is(result.sourceFormat, from);
      t.is(result.targetFormat, to);
      t.is(await sha256(one), await sha256(many));
      await t.notThrowsAsync(judge(one, to, raw));
      t.like(await compareImages(source, one), { identical: true, sizesDiffer: false });
      t.is(await sha256(source), before);
    });
  }
}

test('every level gives a smaller or equal file than the one before, and all hold the same', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeRaw(folder.at('disk.raw'), 6 * MiB, [{ offsetBytes: 0, bytes: prose(6 * MiB) }]);
  const lengths: number[] = [];
  for (const level of [1, 6, 9]) {
    const path = folder.at(`level-${level}.qcow2.gz`);
    lengths.push((await convert(raw, path, { level })).writtenBytes);
    await t.notThrowsAsync(judge(path, 'qcow2.gz', raw));
  }
  t.deepEqual(
    lengths,
    lengths.toSorted((a, b) => b - a),
  );
  t.true((lengths[2] ?? 0) < (lengths[0] ?? 0));
});

test('a qcow2 in which some clusters are compressed becomes a plain one, as its raw disk does', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeDisk(folder.at('disk.raw'));
  const mixed = folder.at('mixed.qcow2');
  await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', '-c', raw, mixed);
  // Plain clusters beside the compressed ones, in segments of their own and within others.
  await succeed('qemu-io', '-f', 'qcow2', '-c', 'write -P 7 64k 192k', '-c', 'write -P 8 12M 3M', mixed);
  const changed = folder.at('changed.raw');
  await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', mixed, changed);
  const [fromMixed, fromRaw] = [folder.at('from-mixed.qcow2'), folder.at('from-raw.qcow2')];
  await convert(mixed, fromMixed, { threads: 3 });
  await convert(changed, fromRaw, { threads: 2 });
  await t.notThrowsAsync(judge(fromMixed, 'qcow2', changed));
  t.is(await sha256(fromMixed), await sha256(fromRaw));
});

import { writeFileSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import test from 'ava';
import { ForgeError } from '../../src/errors.js';
import { compareImages, readGuestReport } from '../../src/index.js';
import type { DiskResult } from '../../src/snapshot/disk-result.js';
import { createManifests } from '../../src/snapshot/manifests.js';
import { readPlan } from '../../src/snapshot/plan/read-plan.js';
import { reportOf } from '../../src/snapshot/report.js';
import { verifyDirectory } from '../../src/snapshot/verify-directory.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { faultsOf, prepareDisks, stampOf } from '../helpers/prepared.js';
import { qemuImg } from '../helpers/qemu.js';

const mebibyte = 2 ** 20;
const disks = ['{ source: a.raw, level: 1 }', '{ source: b.raw, format: raw }'];

async function makeSources(folder: Folder): Promise<void> {
  await makeRaw(folder.at('a.raw'), 4 * mebibyte, [{ offsetBytes: mebibyte, bytes: prose(mebibyte) }]);
  await makeRaw(folder.at('b.raw'), 3 * mebibyte, [{ offsetBytes: 0, bytes: noise(2 * mebibyte) }]);
  // Its tables can be read, and name a cluster behind the end: it fails while it is converted.
  await qemuImg('convert', '-O', 'qcow2', folder.at('b.raw'), folder.at('bad.qcow2'));
  const bytes = await readFile(folder.at('bad.qcow2'));
  const l1 = Number(bytes.readBigUInt64BE(40));
  const l2 = Number(bytes.readBigUInt64BE(l1) & 0x00ff_ffff_ffff_fe00n);
  bytes.writeBigUInt64BE(0x8000_0000_7fff_0000n, l2 + 8);
  await writeFile(folder.at('bad.qcow2'), bytes);
}

async function flip(path: string, offsetBytes: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[offsetBytes] = (bytes[offsetBytes] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** As a copy on another disk is: all inodes and times of birth are others. */
async function moveToCopy(folder: Folder): Promise<void> {
  await cp(folder.at('out'), folder.at('copy'), { recursive: true });
  await rm(folder.at('out'), { recursive: true });
  await rename(folder.at('copy'), folder.at('out'));
}

const codeOf = async (run: Promise<unknown>) =>
  await run.then(
    () => 'done',
    (thrown) => (thrown instanceof ForgeError ? thrown.code : String(thrown)),
  );
const damaged = async (folder: Folder) =>
  (await verifyDirectory(folder.at('out')))
    .filter(({ error }) => error !== undefined)
    .map(({ file }) => file);

test("a file of a name for which a run has failed is nobody's but its owner's", async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  t.is(await codeOf(prepareDisks(folder, ['{ source: bad.qcow2, format: raw }'])), 'BATCH_INCOMPLETE');
  const path = folder.at('out/web/disk0.raw');
  await writeFile(path, 'mine');
  const plan = ['{ source: b.raw, format: raw }'];
  t.regex((await faultsOf(prepareDisks(folder, plan)))[0] ?? '', /no run in this directory has made it/);
  t.is(await readFile(path, 'utf8'), 'mine');
  await prepareDisks(folder, plan, { force: true });
  t.is((await stat(path)).size, 3 * mebibyte);
});

test('what is finished outlives a plan that fails', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepareDisks(folder, disks);
  const stamp = await stampOf(folder.at('out/web/disk0.qcow2.gz'));
  t.is(await codeOf(prepareDisks(folder, ['bad.qcow2', ...disks.slice(1)])), 'BATCH_INCOMPLETE');
  t.is((await prepareDisks(folder, disks)).keptDisks, 2);
  t.is(await stampOf(folder.at('out/web/disk0.qcow2.gz')), stamp);
});

test('a file of a former run is replaced by that of another option, killed or not', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepareDisks(folder, disks);
  await prepareDisks(folder, ['{ source: a.raw, level: 2 }', ...disks.slice(1)]);
  // As a kill leaves it between the note and the rename: the journal knows the new file, the old one has the name.
  await cp(folder.at('out/web/disk1.raw'), folder.at('former'));
  await prepareDisks(folder, [...disks.slice(0, 1), '{ source: b.raw, format: raw, pad: 1GiB }']);
  t.is((await prepareDisks(folder, disks)).keptDisks, 1);
  t.deepEqual(await damaged(folder), []);
});

test('a directory that was copied is gone on with, whatever its inodes are', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepareDisks(folder, disks);
  await moveToCopy(folder);
  t.is((await prepareDisks(folder, disks)).keptDisks, 2);
  t.is((await prepareDisks(folder, ['{ source: a.raw, level: 2 }', ...disks.slice(1)])).keptDisks, 1);
});

test('what does not read back is made anew, and told', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepareDisks(folder, disks);
  await flip(folder.at('out/web/disk0.qcow2.gz'), 3000);
  await flip(folder.at('out/web/disk1.raw'), 12345);
  const warnings: string[] = [];
  const { keptDisks } = await prepareDisks(folder, disks, {
    verify: true,
    onWarning: (message) => void warnings.push(message),
  });
  t.is(keptDisks, 0);
  t.deepEqual(warnings.map((message) => message.replace(/ is damaged and is made anew: .*/, '')).sort(), [
    'web/disk0.qcow2.gz',
    'web/disk1.raw',
  ]);
  t.deepEqual(await damaged(folder), []);
  t.true((await compareImages(folder.at('b.raw'), folder.at('out/web/disk1.raw'))).identical);
});

test('what is damaged between its conversion and its proof is not proven', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const path = folder.at('out/web/disk1.raw');
  const controller = new AbortController();
  const run = prepareDisks(folder, disks, {
    threads: 1,
    memoryBytes: 1,
    signal: controller.signal,
    onProgress: ({ file }, { phase }) => {
      if (file === 'web/disk1.raw' && phase === 'hashing') controller.abort(new Error('killed'));
    },
  });
  await t.throwsAsync(run, { message: 'killed' });
  const stamp = await stampOf(path);
  await flip(path, 12345);
  t.is((await prepareDisks(folder, disks)).keptDisks, 1);
  t.not(await stampOf(path), stamp);
  t.deepEqual(await damaged(folder), []);
});

test('a conversion that is whole is proven by the next run, and not repeated', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const path = folder.at('out/web/disk0.qcow2.gz');
  const controller = new AbortController();
  const run = prepareDisks(folder, disks.slice(0, 1), {
    signal: controller.signal,
    onProgress: (_, { phase }) => {
      if (phase === 'hashing') controller.abort(new Error('killed'));
    },
  });
  await t.throwsAsync(run, { message: 'killed' });
  const stamp = await stampOf(path);
  const { report, keptDisks } = await prepareDisks(folder, disks.slice(0, 1));
  t.is(await stampOf(path), stamp);
  t.is(keptDisks, 0);
  t.true(report.images[0]?.disks[0]?.verified);
});

test('a run that has not come to its end leaves no report of a former one', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepareDisks(folder, disks);
  const more = '  - name: other\n    disks: [bad.qcow2]\n';
  t.is(await codeOf(prepareDisks(folder, disks, { more })), 'BATCH_INCOMPLETE');
  for (const use of [
    verifyDirectory(folder.at('out')),
    createManifests({ directory: folder.at('out'), presign: { bucket: 'my-images' }, environment: {} }),
  ]) {
    await t.throwsAsync(use, { code: 'IO_NOT_FOUND', message: /has not come to its end here/ });
  }
  t.is((await prepareDisks(folder, disks)).keptDisks, 2);
  t.deepEqual(await damaged(folder), []);
});

test('a remake that fails loses nothing of what was there', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepareDisks(folder, disks);
  const path = folder.at('out/web/disk0.qcow2.gz');
  const stamp = await stampOf(path);
  const controller = new AbortController();
  // Noted as whole, and stopped before it has its name.
  const run = prepareDisks(folder, ['{ source: a.raw, level: 2 }', ...disks.slice(1)], {
    signal: controller.signal,
    onProgress: ({ file }, { phase, doneBytes, totalBytes }) => {
      if (file === 'web/disk0.qcow2.gz' && phase === 'converting' && doneBytes === totalBytes)
        controller.abort();
    },
  });
  await t.throwsAsync(run, { any: true });
  t.is(await stampOf(path), stamp);
  t.is((await prepareDisks(folder, disks)).keptDisks, 2);
  t.is(await stampOf(path), stamp);
  t.is((await prepareDisks(folder, disks)).keptDisks, 2);
});

test('a file that was put in the place of a prepared one is not replaced', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepareDisks(folder, disks);
  const path = folder.at('out/web/disk0.qcow2.gz');
  // It may well get the very inode of the one that was there.
  await rm(path);
  await writeFile(path, 'mine');
  t.regex((await faultsOf(prepareDisks(folder, disks)))[0] ?? '', /no run in this directory has made it/);
  t.is(await readFile(path, 'utf8'), 'mine');
});

test('a file that appears during the conversion is not replaced', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const path = folder.at('out/web/disk0.qcow2.gz');
  let isThere = false;
  const run = prepareDisks(folder, disks.slice(0, 1), {
    onProgress: (_, { phase }) => {
      if (phase !== 'converting' || isThere) return;
      isThere = true;
      writeFileSync(path, 'mine');
    },
  });
  await t.throwsAsync(run, { code: 'BATCH_INCOMPLETE', message: /exists already/ });
  t.is(await readFile(path, 'utf8'), 'mine');
});

test('what a killed run has left takes no room from the next', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepareDisks(folder, disks);
  const left = folder.at('out/gone/.disk0.qcow2.gz.omiforge-1-0123456789ab.part');
  await mkdir(folder.at('out/gone'));
  await writeFile(left, 'left');
  await prepareDisks(folder, disks);
  await t.throwsAsync(stat(left), { code: 'ENOENT' });
});

test('a copied directory is mended by what is advised', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepareDisks(folder, disks);
  await moveToCopy(folder);
  await flip(folder.at('out/web/disk0.qcow2.gz'), 3000);
  await flip(folder.at('out/web/disk1.raw'), 12345);
  t.is((await prepareDisks(folder, disks, { paranoid: true })).keptDisks, 0);
  t.deepEqual(await damaged(folder), []);
});

test('a killed run is gone on with in a copy of its directory', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepareDisks(folder, disks);
  const other = ['{ source: a.raw, level: 2 }', ...disks.slice(1)];
  // Killed before the new file has its name, and then after it.
  for (const phaseOfEnd of ['converting', 'hashing']) {
    const controller = new AbortController();
    const run = prepareDisks(folder, other, {
      signal: controller.signal,
      onProgress: ({ file }, { phase, doneBytes, totalBytes }) => {
        const isDone = phase === phaseOfEnd && (phase === 'hashing' || doneBytes === totalBytes);
        if (file === 'web/disk0.qcow2.gz' && isDone) controller.abort();
      },
    });
    await t.throwsAsync(run, { any: true });
    await moveToCopy(folder);
    if (phaseOfEnd === 'converting') t.is((await prepareDisks(folder, disks)).keptDisks, 2);
  }
  t.is((await prepareDisks(folder, other)).keptDisks, 1);
  t.deepEqual(await damaged(folder), []);
});

test('a date that no calendar has is no reason to fail', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const { report } = await prepareDisks(folder, disks.slice(0, 1));
  const source = { path: '/a.raw', sizeBytes: 1, modifiedNs: `9${'0'.repeat(24)}`, inode: '1', device: '1' };
  const reading = readPlan(folder.at('plan.yaml'), 'images: [{ name: web, disks: [a.raw] }]');
  if ('faults' in reading) throw new Error('the plan is sound');
  const disk = reading.batch.images[0]?.disks[0];
  const guest = await readGuestReport(folder.at('a.raw'));
  const facts = report.images[0]?.disks[0];
  if (disk === undefined || facts === undefined) throw new Error('there is a disk');
  const result = {
    ...{ sourceFormat: 'raw', virtualSizeBytes: 1, readBytes: 1, fileBytes: 1, fileId: '1 1', elapsedMs: 1 },
    ...{
      guestDigest: '',
      engine: undefined,
      engineLevel: undefined,
      sha256: '',
      md5: '',
      isVerified: false,
      guest,
    },
  } as DiskResult;
  const prepared = new Map([[disk, { source, result, isKept: false }]]);
  t.regex(reportOf(reading.batch, prepared).images[0]?.disks[0]?.source.modified ?? '', /^\+275760-/);
});

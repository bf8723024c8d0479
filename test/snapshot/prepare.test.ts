import { readdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import test from 'ava';
import { ForgeError } from '../../src/errors.js';
import { compareImages } from '../../src/index.js';
import { PlanError } from '../../src/snapshot/plan/faults.js';
import { readPlan } from '../../src/snapshot/plan/read-plan.js';
import { type PreparedBatch, prepareBatch } from '../../src/snapshot/prepare.js';
import type { PrepareOptions } from '../../src/snapshot/prepare-options.js';
import { verifyDirectory } from '../../src/snapshot/verify-directory.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { qemuImg, succeed } from '../helpers/qemu.js';

const mebibyte = 2 ** 20;

const plan = `images:
  - name: web
    disks:
      - source: a.raw
        level: 1
        pad: 16MiB
      - source: b.qcow2
        level: 1
  - name: data (1)
    disks:
      - source: c.raw.gz
        format: raw.gz
        level: 1
      - source: a.raw
        format: qcow2
      - source: b.qcow2
        format: raw
`;

async function makeSources(folder: Folder): Promise<void> {
  await makeRaw(folder.at('a.raw'), 9 * mebibyte, [{ offsetBytes: mebibyte, bytes: prose(5 * mebibyte) }]);
  await makeRaw(folder.at('b.raw'), 12 * mebibyte, [{ offsetBytes: 0, bytes: noise(3 * mebibyte) }]);
  await succeed('qemu-img', 'convert', '-O', 'qcow2', folder.at('b.raw'), folder.at('b.qcow2'));
  await makeRaw(folder.at('c.raw'), 6 * mebibyte, [{ offsetBytes: 5 * mebibyte, bytes: prose(mebibyte, 7) }]);
  await succeed('gzip', '-1', folder.at('c.raw'));
}

async function prepare(folder: Folder, options: PrepareOptions = {}, text = plan): Promise<PreparedBatch> {
  const reading = readPlan(folder.at('plan.yaml'), text);
  if ('faults' in reading) throw new PlanError('plan.yaml', reading.faults);
  return await prepareBatch(reading, folder.at('out'), options);
}

const files = [
  'data-1/disk0.raw.gz',
  'data-1/disk1.qcow2',
  'data-1/disk2.raw',
  'web/disk0.qcow2.gz',
  'web/disk1.qcow2.gz',
];

async function listed(folder: Folder): Promise<string[]> {
  const names = await readdir(folder.at('out'), { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(folder.at('out').length + 1))
    .sort();
}

/** What would change if a file were made again. */
async function stamps(folder: Folder): Promise<Record<string, string>> {
  const facts = files.map(async (file) => {
    const { ino, mtimeNs } = await stat(folder.at(`out/${file}`), { bigint: true });
    return [file, `${ino} ${mtimeNs}`];
  });
  return Object.fromEntries(await Promise.all(facts));
}

test('all disks of a plan are prepared, each in its format and with its proof', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const { report, keptDisks } = await prepare(folder, { verify: true });
  t.is(keptDisks, 0);
  t.deepEqual(
    await listed(folder),
    ['.omiforge-journal.json', '.omiforge-lock', 'report.json', ...files].sort(),
  );
  t.deepEqual(JSON.parse(await readFile(folder.at('out/report.json'), 'utf8')), report);
  const disks = report.images.flatMap((image) => image.disks);
  for (const disk of disks) {
    const path = folder.at(`out/${disk.file}`);
    t.is(disk.verified, true);
    t.is(disk.ratio === null, !disk.file.endsWith('.gz'));
    t.is(disk['file-size'], (await stat(path)).size);
    t.is(disk.sha256, (await succeed('sha256sum', path)).slice(0, 64));
    t.is(disk.md5, (await succeed('md5sum', path)).slice(0, 32));
  }
  // The same disk has the same digest in any format.
  t.is(
    disks.find(({ file }) => file === 'web/disk1.qcow2.gz')?.['guest-digest'],
    disks.find(({ file }) => file === 'data-1/disk2.raw')?.['guest-digest'],
  );
  t.is(disks.find(({ file }) => file === 'web/disk0.qcow2.gz')?.['virtual-size'], 16 * mebibyte);
  await truncate(folder.at('a.raw'), 16 * mebibyte);
  for (const [source, file] of [
    ['a.raw', 'web/disk0.qcow2.gz'],
    ['b.raw', 'web/disk1.qcow2.gz'],
    ['c.raw.gz', 'data-1/disk0.raw.gz'],
  ] as const) {
    t.true((await compareImages(folder.at(source), folder.at(`out/${file}`), { strict: true })).identical);
  }
  await qemuImg(
    'compare',
    '-s',
    '-f',
    'raw',
    '-F',
    'raw',
    folder.at('b.raw'),
    folder.at('out/data-1/disk2.raw'),
  );
});

test('what is finished is not done again, and a change redoes what it changes', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepare(folder);
  const before = await stamps(folder);
  for (const options of [{}, { paranoid: true }]) {
    const { keptDisks } = await prepare(folder, options);
    t.is(keptDisks, 5);
    t.deepEqual(await stamps(folder), before);
  }
  // An option of one disk.
  const other = await prepare(
    folder,
    {},
    plan.replace('format: qcow2\n', 'format: qcow2\n        pad: 1MiB\n'),
  );
  t.is(other.keptDisks, 4);
  const changed = async () => {
    const now = await stamps(folder);
    return files.filter((file) => now[file] !== before[file]);
  };
  t.deepEqual(await changed(), ['data-1/disk1.qcow2']);
  // A source of two disks.
  await utimes(folder.at('b.qcow2'), 1, 1);
  t.is(
    (await prepare(folder, {}, plan.replace('format: qcow2\n', 'format: qcow2\n        pad: 1MiB\n')))
      .keptDisks,
    3,
  );
  t.deepEqual(await changed(), ['data-1/disk1.qcow2', 'data-1/disk2.raw', 'web/disk1.qcow2.gz']);
});

test('a finished file that is gone or cut off is made again; one of other bytes is found by --paranoid', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepare(folder);
  await rm(folder.at('out/web/disk0.qcow2.gz'));
  await truncate(folder.at('out/data-1/disk0.raw.gz'), 100);
  t.is((await prepare(folder)).keptDisks, 3);
  const path = folder.at('out/data-1/disk2.raw');
  const bytes = await readFile(path);
  bytes[12345] = (bytes[12345] ?? 0) ^ 1;
  await writeFile(path, bytes);
  t.is((await prepare(folder)).keptDisks, 5);
  const [damaged] = (await verifyDirectory(folder.at('out'))).filter(({ error }) => error !== undefined);
  t.is(damaged?.file, 'data-1/disk2.raw');
  t.is(damaged?.error?.code, 'PREPARED_DAMAGED');
  t.is((await prepare(folder, { paranoid: true })).keptDisks, 4);
  t.true((await verifyDirectory(folder.at('out'))).every(({ error }) => error === undefined));
});

test('a run with --verify reads back what a former one without it has finished', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepare(folder);
  const before = await stamps(folder);
  const { report } = await prepare(folder, { verify: true });
  t.true(report.images.every(({ disks }) => disks.every(({ verified }) => verified)));
  t.deepEqual(await stamps(folder), before);
});

test('a disk that fails does not stop the others, and is done by the next run', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  let hasGone = false;
  const run = prepare(folder, {
    threads: 1,
    memoryBytes: 1,
    onBegin: (disk) => {
      // Between the check of the plan and its turn.
      if (disk.source === 'c.raw.gz' && !hasGone) {
        hasGone = true;
        void rename(folder.at('c.raw.gz'), folder.at('gone'));
      }
    },
  });
  const error = await t.throwsAsync(run, { instanceOf: ForgeError });
  t.is((error as ForgeError).code, 'BATCH_INCOMPLETE');
  t.regex(error.message, /4 of 5 disks are finished.*c\.raw\.gz/);
  t.false((await listed(folder)).includes('report.json'));
  await rename(folder.at('gone'), folder.at('c.raw.gz'));
  t.is((await prepare(folder)).keptDisks, 4);
  t.true((await listed(folder)).includes('report.json'));
});

test('stopped at any moment, what is finished stays so', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const controller = new AbortController();
  let ended = 0;
  const run = prepare(folder, {
    memoryBytes: 1,
    signal: controller.signal,
    onEnd: () => {
      ended += 1;
      if (ended === 2) controller.abort(new DOMException('interrupted', 'AbortError'));
    },
  });
  const thrown = await t.throwsAsync(run, { any: true });
  t.is((thrown as Error).name, 'AbortError');
  t.is((await prepare(folder)).keptDisks, 2);
});

test('two runs in one directory: the second one says so', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const runs = await Promise.allSettled([prepare(folder), prepare(folder)]);
  const failures = runs.flatMap((run) => (run.status === 'rejected' ? [run.reason] : []));
  t.deepEqual(
    failures.map(({ code }) => code),
    ['BATCH_RUNNING'],
  );
});

test('a file that no run has made stays, unless it may be replaced', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepare(folder, {}, 'images:\n  - name: web\n    disks: [{ source: b.qcow2, level: 1 }]\n');
  const precious = folder.at('out/web/disk0.qcow2');
  await writeFile(precious, 'precious');
  const text = 'images:\n  - name: web\n    disks: [{ source: a.raw, format: qcow2 }]\n';
  const error = await t.throwsAsync(prepare(folder, {}, text), { instanceOf: PlanError });
  t.regex(
    (error as PlanError).faults[0]?.message ?? '',
    /exists already, and no run in this directory has made it/,
  );
  t.is(await readFile(precious, 'utf8'), 'precious');
  await prepare(folder, { force: true }, text);
  t.not((await stat(precious)).size, 8);
});

test('faults of sources are told all at once, before anything is made', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await writeFile(folder.at('notes.txt'), 'just a text\n'.repeat(512));
  await writeFile(folder.at('odd.raw'), Buffer.alloc(1000, 200));
  await writeFile(folder.at('empty.raw'), '');
  await writeFile(folder.at('cut.qcow2'), (await readFile(folder.at('b.qcow2'))).subarray(0, 80));
  await makeRaw(folder.at('huge.raw'), 14_902 * 2 ** 30);
  await succeed(
    'qemu-img',
    'create',
    '-q',
    '-f',
    'qcow2',
    '-b',
    folder.at('a.raw'),
    '-F',
    'raw',
    folder.at('over.qcow2'),
  );
  const sources = [
    'missing.raw',
    '../../etc/passwd',
    'notes.txt',
    'odd.raw',
    'empty.raw',
    'cut.qcow2',
    'over.qcow2',
    'huge.raw',
    '.',
  ];
  const text = `images:\n  - name: web\n    disks:\n${sources.map((source) => `      - ${source}\n`).join('')}`;
  const error = await t.throwsAsync(prepare(folder, {}, text), { instanceOf: PlanError });
  const faults = (error as PlanError).faults;
  t.deepEqual(
    faults.map(({ position }) => position?.line),
    [4, 5, 6, 7, 8, 9, 10, 11, 12],
  );
  t.regex(faults[2]?.message ?? '', /begins with text/);
  t.regex(faults[3]?.message ?? '', /not whole sectors/);
  t.regex(faults[7]?.message ?? '', /virtual size 16000[0-9]+ is not allowed/);
  t.false((await readdir(folder.path)).includes('out'));
});

test('files of former runs that the plan does not have any more are told of', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const text = (format: string) =>
    `images:\n  - name: web\n    disks: [{ source: b.qcow2, format: ${format} }]\n`;
  t.false(
    (await prepare(folder, {}, text('qcow2'))).warnings.some(({ message }) => message.includes('former')),
  );
  const { warnings } = await prepare(folder, {}, text('raw'));
  t.true(warnings.some(({ message }) => message.startsWith('web/disk0.qcow2 is of a former run')));
});

test('what is prepared is no source of the same run', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await prepare(folder, {}, 'images:\n  - name: web\n    disks: [{ source: b.qcow2, format: qcow2 }]\n');
  const text = `images:\n  - name: web\n    disks: [{ source: b.qcow2, format: qcow2 }, out/web/disk0.qcow2]\n`;
  const error = await t.throwsAsync(prepare(folder, {}, text), { instanceOf: PlanError });
  t.regex((error as PlanError).faults[0]?.message ?? '', /is where a prepared disk goes/);
});

test('rules of sizes that only inflating tells leave the disks finished', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), 4 * mebibyte, [{ offsetBytes: 0, bytes: noise(3 * mebibyte) }]);
  await succeed('gzip', '-1', folder.at('a.raw'));
  const text = (iops: number) =>
    `images:\n  - name: web\n    disks: [{ source: a.raw.gz, volume-type: io1, iops: ${iops} }]\n`;
  const error = await t.throwsAsync(prepare(folder, {}, text(301)), { instanceOf: PlanError });
  t.is(
    (error as PlanError).message,
    'one fault; all disks are finished, and stay so; mend it and run the same again',
  );
  t.is((error as PlanError).faults[0]?.position?.line, 3);
  t.deepEqual(
    (await listed(folder)).filter((name) => !name.startsWith('.')),
    ['web/disk0.qcow2.gz'],
  );
  t.is((await prepare(folder, {}, text(300))).keptDisks, 1);
});

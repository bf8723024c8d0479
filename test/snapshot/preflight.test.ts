import { link, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import test from 'ava';
import { readPlan } from '../../src/snapshot/plan/read-plan.js';
import { allFaults, checkBatch } from '../../src/snapshot/prepare.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { faultsOf, prepareDisks } from '../helpers/prepared.js';
import { qemuImg, succeed } from '../helpers/qemu.js';

const mebibyte = 2 ** 20;

async function makeSources(folder: Folder): Promise<void> {
  await makeRaw(folder.at('a.raw'), 4 * mebibyte, [{ offsetBytes: mebibyte, bytes: prose(mebibyte) }]);
  await makeRaw(folder.at('b.raw'), 3 * mebibyte, [{ offsetBytes: 0, bytes: noise(2 * mebibyte) }]);
  await qemuImg('convert', '-O', 'qcow2', folder.at('b.raw'), folder.at('b.qcow2'));
}

const check = async (folder: Folder, text: string, directory = folder.at('out')) => {
  const reading = readPlan(folder.at('plan.yaml'), text);
  if ('faults' in reading) return await allFaults(reading, directory);
  await checkBatch(reading, directory);
  return [];
};

test('a source is known as a prepared disk by whatever name', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await mkdir(folder.at('out'));
  await symlink('out', folder.at('link'));
  await prepareDisks(folder, ['{ source: b.qcow2, format: qcow2 }'], { directory: folder.at('link') });
  const bytes = await readFile(folder.at('out/web/disk0.qcow2'));
  await link(folder.at('out/web/disk0.qcow2'), folder.at('hard.qcow2'));
  for (const name of ['out/web/disk0.qcow2', 'link/web/disk0.qcow2', 'hard.qcow2']) {
    const disks = ['{ source: a.raw, format: qcow2 }', `{ source: ${name}, format: qcow2 }`];
    const faults = await faultsOf(prepareDisks(folder, disks, { directory: folder.at('link'), force: true }));
    t.deepEqual(faults, [`'${name}' is where a prepared disk goes; choose another directory`]);
  }
  t.deepEqual(await readFile(folder.at('out/web/disk0.qcow2')), bytes);
});

test('a source that a link in the directory leads to stays what it is', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await mkdir(folder.at('out/web'), { recursive: true });
  await symlink('../../b.qcow2', folder.at('out/web/disk0.qcow2'));
  const disks = ['{ source: a.raw, format: qcow2 }', '{ source: b.qcow2, format: qcow2 }'];
  t.regex(
    (await faultsOf(prepareDisks(folder, disks, { force: true })))[0] ?? '',
    /is where a prepared disk goes/,
  );
});

test('faults of form, of names and of sources are told together, each in its place', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const text = [
    'images:',
    '  - name: web@1',
    '    disks: [none.raw]',
    '  - name: web',
    '    disks:',
    '      - ../../../etc/passwd',
    '      - { source: a.raw, volume-type: io1 }',
    '      - { source: gone.raw, levle: 3 }',
    '  - name: web',
    '    disks: [b.qcow2, other.raw]',
  ].join('\n');
  const faults = await check(folder, text);
  t.deepEqual(
    faults.map(({ position, path }) => [position?.line, path.join('.')]),
    [
      [2, 'images.0.name'],
      [3, 'images.0.disks.0.source'],
      [6, 'images.1.disks.0.source'],
      [7, 'images.1.disks.1.iops'],
      [8, 'images.1.disks.2.levle'],
      [9, 'images.2.name'],
      [10, 'images.2.disks.1.source'],
    ],
  );
});

test('what stands in the way in the directory is told before the work', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await mkdir(folder.at('out'));
  await writeFile(folder.at('out/web'), 'a file');
  t.regex(
    (await faultsOf(prepareDisks(folder, ['a.raw'])))[0] ?? '',
    /out\/web', where a file stands; move it away/,
  );
  await rm(folder.at('out/web'));
  const told = async (disks: readonly string[]) => (await faultsOf(prepareDisks(folder, disks)))[0] ?? '';
  await symlink('nowhere', folder.at('out/web'));
  t.regex(await told(['a.raw']), /out\/web', a link to nothing; remove it/);
  await rm(folder.at('out/web'));
  await mkdir(folder.at('out/web/disk0.raw'), { recursive: true });
  t.regex(await told(['{ source: a.raw, format: raw }']), /disk0\.raw', which is no regular file/);
  await symlink('nowhere', folder.at('out/web/disk0.qcow2'));
  t.regex(await told(['{ source: a.raw, format: qcow2 }']), /disk0\.qcow2', a link to nothing/);
  await mkdir(folder.at('out/report.json'));
  t.regex(await told(['a.raw']), /report\.json' is no regular file/);
  await symlink('nowhere', folder.at('lost'));
  const lost = prepareDisks(folder, ['a.raw'], { directory: folder.at('lost') });
  t.regex((await faultsOf(lost))[0] ?? '', /lost' is a link to nothing/);
  const within = prepareDisks(folder, ['a.raw'], { directory: folder.at('a.raw/out') });
  t.regex((await faultsOf(within))[0] ?? '', /a part of the path is not a directory/);
});

test('a snapshot is looked for before the work, and its own size is what rules are tried on', async (t) => {
  await using folder = await makeFolder();
  await qemuImg('create', '-q', '-f', 'qcow2', folder.at('s.qcow2'), '1G');
  await qemuImg('snapshot', '-c', 'small', folder.at('s.qcow2'));
  await qemuImg('resize', '-q', folder.at('s.qcow2'), '4G');
  const disk = (snapshot: string, iops: number) =>
    prepareDisks(folder, [`{ source: s.qcow2, snapshot: ${snapshot}, volume-type: io1, iops: ${iops} }`]);
  t.deepEqual(await faultsOf(disk('nosuch', 300)), ["'s.qcow2' has no snapshot 'nosuch'; there are 'small'"]);
  t.regex((await faultsOf(disk('small', 600)))[0] ?? '', /at most 300/);
  t.deepEqual(await faultsOf(disk('small', 300)), []);
});

test('what is no disk is told as such, with advice for a plan', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await writeFile(folder.at('notes.txt'), 'just a text\n'.repeat(512));
  await succeed('sh', '-c', `cd '${folder.path}' && gzip -c notes.txt > notes.raw.gz && tar cf t.tar a.raw`);
  await qemuImg('create', '-q', '-f', 'parallels', folder.at('v.hdd'), '64M');
  await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'a.raw', '-F', 'raw', folder.at('over.qcow2'));
  await succeed('mkfifo', folder.at('pipe'));
  const told: ReadonlyArray<readonly [source: string, says: RegExp]> = [
    ['notes.raw.gz', /begins with text; .* 'source-format: raw\.gz'/],
    ['t.tar', /looks like a tar archive; .* 'source-format: raw' if/],
    ['v.hdd', /looks like Parallels; .* 'source-format: raw' if/],
    ['over.qcow2', /which prepare does not read; .* 'omiforge convert --allow-external' first$/],
    ['pipe', /write it to a file first/],
    ['"a\\0.raw"', /zero byte/],
  ];
  for (const [source, says] of told) {
    const [fault = ''] = await faultsOf(prepareDisks(folder, [source]));
    t.regex(fault, says);
    t.notRegex(fault, /-f raw|use -/);
  }
});

test('devices that a guest may take for one are warned of', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const { warnings } = await prepareDisks(folder, [
    'a.raw',
    '{ source: b.raw, device: /dev/sdb }',
    '{ source: b.qcow2, device: /dev/xvdb }',
  ]);
  const twin = warnings.find(({ message }) => message.startsWith('a guest may take'));
  t.deepEqual(twin?.path, ['images', 0, 'disks', 2, 'device']);
});

test('a source under two names is told of', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  await symlink('a.raw', folder.at('link.raw'));
  const { warnings } = await prepareDisks(folder, ['a.raw', 'link.raw', folder.at('a.raw')]);
  const told = warnings.filter(({ message }) => message.startsWith('is the source of another disk'));
  t.deepEqual(
    told.map(({ path }) => path[3]),
    [1, 2],
  );
});

test('bytes that are no characters are no text', async (t) => {
  await using folder = await makeFolder();
  await writeFile(folder.at('ff.raw'), Buffer.alloc(mebibyte, 0xff));
  await writeFile(folder.at('latin.raw'), Buffer.from('é'.repeat(4096), 'latin1'));
  await writeFile(folder.at('utf8.raw'), 'né '.repeat(4096 * 4));
  t.deepEqual(await faultsOf(prepareDisks(folder, ['ff.raw', 'latin.raw'])), []);
  t.regex((await faultsOf(prepareDisks(folder, ['utf8.raw'], { force: true })))[0] ?? '', /begins with text/);
});

test('a name that is longer than any path is refused at once', async (t) => {
  await using folder = await makeFolder();
  const [fault = ''] = await faultsOf(prepareDisks(folder, [`${'a/'.repeat(50_000)}x`]));
  t.regex(fault, /more than 4096 letters/);
});

test('another disk than the first that boots is told of', async (t) => {
  await using folder = await makeFolder();
  await makeSources(folder);
  const { warnings } = await prepareDisks(folder, ['a.raw', '{ source: b.raw, device: /dev/sda1 }']);
  t.true(warnings.some(({ message }) => message.startsWith('/dev/sda1 makes this the disk that boots')));
});

test('rules of sizes that inflating tells are told at the end, and not before', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('c.raw'), 5 * mebibyte, [{ offsetBytes: 0, bytes: noise(3 * mebibyte) }]);
  await succeed('gzip', '-1', folder.at('c.raw'));
  const { warnings } = await prepareDisks(folder, ['c.raw.gz']);
  const messages = warnings.map(({ message }) => message);
  t.false(messages.some((message) => message.includes('known once it is inflated')));
  t.is(messages.filter((message) => message.includes('not a whole number of GiB')).length, 1);
});

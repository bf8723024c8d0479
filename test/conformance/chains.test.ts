import { execFileSync } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { compareImages, convert, type FormatName, openImage } from '../../src/index.js';
import { runCli } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise, sha256 } from '../helpers/images.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { type MapEntry, plainMap, qemuMap } from '../helpers/qemu-map.js';
import { judge } from '../helpers/referees.js';

const KiB = 1024;
const clusterSizes = [512, KiB, 4 * KiB, 64 * KiB, 256 * KiB, 2 * KiB * KiB];

interface Write {
  readonly kind: 'plain' | 'zeros' | 'zeros -u' | 'compressed' | 'discard';
  readonly at: number;
  readonly length: number;
  readonly pattern: number;
}

interface Link {
  readonly kind: 'version 2' | 'version 3' | 'subclusters' | 'data file' | 'data file, subclusters';
  readonly clusterBytes: number;
  readonly sectors: number;
  readonly writes: readonly Write[];
}

const linkArbitrary: fc.Arbitrary<Link> = fc.record({
  kind: fc.constantFrom('version 2', 'version 3', 'subclusters', 'data file', 'data file, subclusters'),
  clusterBytes: fc.constantFrom(...clusterSizes),
  sectors: fc.integer({ min: 1, max: 16_000 }),
  writes: fc.array(
    fc.record<Write>({
      kind: fc.constantFrom('plain', 'plain', 'zeros', 'zeros -u', 'compressed', 'discard'),
      at: fc.nat(),
      length: fc.integer({ min: 1, max: 600_000 }),
      pattern: fc.integer({ min: 1, max: 255 }),
    }),
    { maxLength: 6 },
  ),
});

const hasDataFile = ({ kind }: Link) => kind.startsWith('data file');
const hasSubclusters = ({ kind }: Link) => kind.endsWith('subclusters');

function clusterBytesOf(link: Link): number {
  return hasSubclusters(link) ? Math.max(16 * KiB, link.clusterBytes) : link.clusterBytes;
}

/** qemu writes a compressed cluster only where nothing is allocated, so those come first, each once. */
function toCommands(link: Link): string[] {
  const sizeBytes = link.sectors * 512;
  const clusterBytes = clusterBytesOf(link);
  const compressed = new Set<string>();
  const others: string[] = [];
  for (const { kind, at, length, pattern } of link.writes) {
    const unit = kind === 'plain' ? 512 : clusterBytes;
    const start = Math.floor((at % sizeBytes) / unit) * unit;
    const bytes = Math.min(Math.max(unit, Math.floor(length / unit) * unit), sizeBytes - start);
    if (kind === 'plain') others.push(`write -P ${pattern} ${start} ${bytes}`);
    else if (kind === 'compressed') {
      if (!hasDataFile(link))
        compressed.add(`write -c -P 34 ${start} ${Math.min(clusterBytes, sizeBytes - start)}`);
    } else if (kind === 'discard') others.push(`discard ${start} ${bytes}`);
    else others.push(`write -z${kind === 'zeros -u' ? ' -u' : ''} ${start} ${bytes}`);
  }
  return [...compressed, ...others];
}

interface Backing {
  readonly name: string;
  readonly format: 'raw' | 'qcow2';
}

async function makeLink(folder: Folder, name: string, link: Link, backing: Backing | undefined) {
  const options = [
    `compat=${link.kind === 'version 2' ? '0.10' : '1.1'}`,
    `cluster_size=${clusterBytesOf(link)}`,
    ...(hasSubclusters(link) ? ['extended_l2=on'] : []),
    // With its whole path: qemu has a relative one start from the current folder.
    ...(hasDataFile(link) ? [`data_file=${folder.at(`${name}.data`)}`] : []),
  ];
  const behind = backing === undefined ? [] : ['-b', backing.name, '-F', backing.format];
  const path = folder.at(name);
  await qemuImg(
    'create',
    '-q',
    '-f',
    'qcow2',
    '-o',
    options.join(','),
    ...behind,
    path,
    `${link.sectors * 512}`,
  );
  const commands = toCommands(link);
  if (commands.length > 0) await qemuIo(path, 'qcow2', ...commands);
}

const rawArbitrary = fc.record({
  lengthBytes: fc.integer({ min: 1, max: 8_000_000 }),
  islands: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 200_000 })), { maxLength: 4 }),
});

interface ChainShape {
  readonly raw: { lengthBytes: number; islands: (readonly [number, number])[] } | null;
  readonly links: readonly Link[];
}

const chainArbitrary: fc.Arbitrary<ChainShape> = fc.record({
  raw: fc.option(rawArbitrary),
  links: fc.array(linkArbitrary, { minLength: 1, maxLength: 4 }),
});

/** Makes a chain and returns the name of its first image. */
async function makeChain(folder: Folder, { raw, links }: ChainShape): Promise<string> {
  let backing: Backing | undefined;
  if (raw !== null) {
    const { lengthBytes, islands } = raw;
    const name = 'base.img';
    await makeRaw(
      folder.at(name),
      lengthBytes,
      islands.map(([at, length]) => {
        const offsetBytes = at % lengthBytes;
        return { offsetBytes, bytes: noise(Math.min(length, lengthBytes - offsetBytes)) };
      }),
    );
    backing = { name, format: 'raw' };
  }
  for (const [index, link] of links.entries()) {
    const name = `disk${index}.qcow2`;
    await makeLink(folder, name, link, backing);
    backing = { name, format: 'qcow2' };
  }
  return backing?.name ?? '';
}

async function assertMapAgrees(t: ExecutionContext, folder: Folder, name: string): Promise<void> {
  const ended = await runCli(['map', '--json', '--allow-external', name], { cwd: folder.path });
  t.is(ended.stderr, '');
  t.deepEqual(plainMap(JSON.parse(ended.stdout) as MapEntry[]), await qemuMap(folder.at(name), 'qcow2'));
}

const formats: readonly FormatName[] = ['raw', 'qcow2', 'raw.gz', 'qcow2.gz'];

test('chains of any kind hold and are mapped as what qemu-img finds in them', async (t) => {
  let round = 0;
  await fc.assert(
    fc.asyncProperty(chainArbitrary, async (shape) => {
      await using folder = await makeFolder();
      const name = await makeChain(folder, shape);
      const expected = folder.at('expected.raw');
      await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', folder.at(name), expected);
      const format = formats[round++ % formats.length] ?? 'raw';
      const target = folder.at(`new.${format}`);
      await convert(folder.at(name), target, { allowExternal: true, verify: true, level: 1, threads: 2 });
      await judge(target, format, expected);
      const found = await compareImages(folder.at(name), expected, { allowExternal: true, strict: true });
      t.true(found.identical);
      await assertMapAgrees(t, folder, name);
    }),
    { numRuns: 30, includeErrorInReport: true },
  );
});

test('data files with and without data_file_raw', async (t) => {
  for (const options of ['', ',data_file_raw=on', ',extended_l2=on', ',cluster_size=2M']) {
    await using folder = await makeFolder();
    const path = folder.at('disk.qcow2');
    // Its name alone, as both start from the same folder.
    const create = ['create', '-q', '-f', 'qcow2', '-o', `data_file=disk.data${options}`, 'disk.qcow2', '9M'];
    execFileSync('qemu-img', create, { cwd: folder.path });
    const commands = ['write -P 1 0 70k', 'write -P 2 3M 1M', 'write -z 3M 64k', 'write -P 3 9436672 512'];
    const args = ['-f', 'qcow2', ...commands.flatMap((command) => ['-c', command]), 'disk.qcow2'];
    execFileSync('qemu-io', args, { cwd: folder.path });
    execFileSync('qemu-img', ['convert', '-O', 'raw', 'disk.qcow2', 'expected.raw'], { cwd: folder.path });
    await convert(path, folder.at('new.raw'), { allowExternal: true, verify: true });
    t.is(await sha256(folder.at('new.raw')), await sha256(folder.at('expected.raw')), options);
    const qemu = execFileSync('qemu-img', ['map', '--output=json', 'disk.qcow2'], { cwd: folder.path });
    const ended = await runCli(['map', '--json', '--allow-external', 'disk.qcow2'], { cwd: folder.path });
    t.deepEqual(plainMap(JSON.parse(ended.stdout)), plainMap(JSON.parse(qemu.toString())), options);
    if (!options.includes('raw')) continue;
    const found = await compareImages(path, folder.at('disk.data'), { allowExternal: true, strict: true });
    t.true(found.identical);
  }
});

test('what a data file lacks of its last cluster reads as zeros', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('disk.qcow2');
  const data = folder.at('disk.data');
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${data}`, path, '256k');
  await qemuIo(path, 'qcow2', 'write -P 7 0 128k');
  execFileSync('truncate', ['-s', '70001', data]);
  await qemuImg('convert', '-O', 'raw', path, folder.at('expected.raw'));
  await convert(path, folder.at('new.raw'), { allowExternal: true });
  t.is(await sha256(folder.at('new.raw')), await sha256(folder.at('expected.raw')));
});

test('a snapshot of an overlay is behind the same backing file', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('base.raw'), 3_000_000, [{ offsetBytes: 100_000, bytes: noise(1_000_000) }]);
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', path, '4M');
  await qemuIo(path, 'qcow2', 'write -P 1 512k 64k');
  await qemuImg('snapshot', '-c', 'one', path);
  await qemuIo(path, 'qcow2', 'write -P 2 0 1M');
  const expected = folder.at('expected.raw');
  await qemuImg('convert', '-l', 'snapshot.name=one', '-O', 'raw', path, expected);
  await convert(path, folder.at('new.raw'), { allowExternal: true, snapshot: 'one', verify: true });
  t.is(await sha256(folder.at('new.raw')), await sha256(expected));
});

test('backing files in other folders, each named from where the image is', async (t) => {
  await using folder = await makeFolder();
  await mkdir(folder.at('base'));
  await mkdir(folder.at('vm'));
  await makeRaw(folder.at('base/disk.raw'), 1_000_000, [{ offsetBytes: 0, bytes: noise(500_000) }]);
  await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'disk.raw', '-F', 'raw', folder.at('base/disk.qcow2'));
  const path = folder.at('vm/disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', '-b', '../base/disk.qcow2', '-F', 'qcow2', path, '2M');
  await qemuImg('convert', '-O', 'raw', path, folder.at('expected.raw'));
  const options = { cwd: folder.path };
  const outside = await runCli(['convert', '--allow-external', 'vm/disk.qcow2', 'new.raw'], options);
  t.regex(outside.stderr, /vm\/disk\.qcow2: names the file '\.\.\/base\/disk\.qcow2', .*--external-folder/);
  const args = ['convert', '--external-folder', '.', 'vm/disk.qcow2', 'new.raw'];
  const { status, stderr } = await runCli(args, options);
  t.is(status, 0, stderr);
  t.is(await sha256(folder.at('new.raw')), await sha256(folder.at('expected.raw')));
  await using image = await openImage(path, { allowExternal: folder.path });
  t.is(image.facts.format === 'qcow2' && image.facts.externalFiles?.length, 2);
});

test('a chain of disks of 1 TiB takes no longer than what is in them', async (t) => {
  await using folder = await makeFolder();
  const tebibyte = 2 ** 40;
  await makeRaw(folder.at('base.raw'), tebibyte, [{ offsetBytes: 2 ** 39, bytes: noise(KiB * KiB) }]);
  await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', folder.at('a.qcow2'), '1T');
  await qemuImg('create', '-q', '-f', 'qcow2', '-b', 'a.qcow2', '-F', 'qcow2', folder.at('b.qcow2'), '1T');
  await qemuIo(folder.at('b.qcow2'), 'qcow2', 'write -P 5 900G 1M');
  const startedMs = performance.now();
  await convert(folder.at('b.qcow2'), folder.at('new.qcow2'), { allowExternal: true, verify: true });
  t.true(performance.now() - startedMs < 10_000);
  t.true((await stat(folder.at('new.qcow2'))).size < 4 * KiB * KiB);
  await qemuImg('compare', folder.at('b.qcow2'), folder.at('new.qcow2'));
});

import { spawnSync } from 'node:child_process';
import { truncate } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import type { FormatName } from '../../../src/index.js';
import { runCli } from '../../helpers/cli.js';
import { type Folder, makeFolder } from '../../helpers/folder.js';
import { type Island, makeRaw, noise, prose } from '../../helpers/images.js';
import { qemuImg, qemuIo } from '../../helpers/qemu.js';

const sizeBytes = 9 * 1024 * 1024;
const islands: readonly Island[] = [
  { offsetBytes: 0, bytes: prose(100_000) },
  { offsetBytes: 5_000_000, bytes: noise(200_000) },
  { offsetBytes: sizeBytes - 1000, bytes: prose(1000, 2) },
];

interface Outcome {
  readonly status: number;
  readonly offset: number | null;
  readonly sizesDiffer?: boolean;
}

async function assertComparison(
  t: ExecutionContext,
  folder: Folder,
  args: readonly string[],
  { status, offset, sizesDiffer = false }: Outcome,
): Promise<void> {
  const what = args.join(' ');
  const json = await runCli(['compare', '--json', ...args], { cwd: folder.path });
  t.is(json.status, status, `${what}: ${json.stderr}`);
  t.deepEqual(
    JSON.parse(json.stdout),
    { identical: offset === null, 'first-difference': offset, 'sizes-differ': sizesDiffer },
    what,
  );
}

function qemuStatus(folder: Folder, ...args: string[]): number | null {
  return spawnSync('qemu-img', ['compare', '-q', ...args], { cwd: folder.path }).status;
}

const formats: readonly FormatName[] = ['raw', 'qcow2', 'raw.gz', 'qcow2.gz'];

async function convertToAll(folder: Folder, name: string): Promise<void> {
  for (const format of formats.slice(1)) {
    await runCli(['convert', `${name}.raw`, `${name}.${format}`], { cwd: folder.path });
  }
}

test('the answer for people', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), 5000);
  await makeRaw(folder.at('b.raw'), 5000, [{ offsetBytes: 4321, bytes: Uint8Array.of(1) }]);
  const same = await runCli(['compare', 'a.raw', 'a.raw'], { cwd: folder.path });
  t.deepEqual([same.status, same.stdout, same.stderr], [0, 'identical\n', '']);
  const other = await runCli(['compare', 'a.raw', 'b.raw'], { cwd: folder.path });
  t.deepEqual([other.status, other.stdout, other.stderr], [1, 'different at guest offset 4321\n', '']);
});

test('the same disk in any two formats', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), sizeBytes, islands);
  await convertToAll(folder, 'a');
  for (const [index, format] of formats.entries()) {
    for (const other of formats.slice(index)) {
      await assertComparison(t, folder, [`a.${format}`, `a.${other}`], { status: 0, offset: null });
    }
  }
});

const offsets: ReadonlyArray<readonly [where: string, number]> = [
  ['at the first byte', 0],
  ['at the last byte', sizeBytes - 1],
  ['in a hole', 2_000_000],
  ['around the border of two segments, before', 4 * 1024 * 1024 - 1],
  ['around the border of two segments, after', 4 * 1024 * 1024],
  ['in data', 5_100_000],
];

for (const [where, offsetBytes] of offsets) {
  test(`a difference ${where}`, async (t) => {
    await using folder = await makeFolder();
    await makeRaw(folder.at('a.raw'), sizeBytes, islands);
    await makeRaw(folder.at('b.raw'), sizeBytes, [
      ...islands,
      { offsetBytes, bytes: Uint8Array.of(0x5a) },
      // Not the first one.
      { offsetBytes: Math.min(sizeBytes - 1, offsetBytes + 3_000_000), bytes: Uint8Array.of(0x5a) },
    ]);
    await runCli(['convert', 'b.raw', 'b.qcow2'], { cwd: folder.path });
    const outcome = { status: 1, offset: offsetBytes };
    await assertComparison(t, folder, ['a.raw', 'b.raw'], outcome);
    await assertComparison(t, folder, ['--threads', '1', 'b.qcow2', 'a.raw'], outcome);
    t.is(qemuStatus(folder, 'a.raw', 'b.qcow2'), 1);
  });
}

test('zeros are zeros, stored or not', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('hole.raw'), sizeBytes);
  await makeRaw(folder.at('zeros.raw'), sizeBytes, [{ offsetBytes: 0, bytes: new Uint8Array(sizeBytes) }]);
  await qemuImg('create', '-q', '-f', 'qcow2', folder.at('zeros.qcow2'), `${sizeBytes}`);
  await qemuIo(folder.at('zeros.qcow2'), 'qcow2', 'write -z 0 1M', 'write -P 0 2M 1M');
  for (const other of ['zeros.raw', 'zeros.qcow2']) {
    await assertComparison(t, folder, ['hole.raw', other], { status: 0, offset: null });
    t.is(qemuStatus(folder, 'hole.raw', other), 0);
  }
});

test('different sizes', async (t) => {
  await using folder = await makeFolder();
  const longer = sizeBytes + 5 * 1024 * 1024;
  await makeRaw(folder.at('short.raw'), sizeBytes, islands);
  await makeRaw(folder.at('zeros.raw'), longer, islands);
  await makeRaw(folder.at('data.raw'), longer, [
    ...islands,
    { offsetBytes: longer - 1, bytes: Uint8Array.of(1) },
  ]);
  await makeRaw(folder.at('early.raw'), longer, [...islands, { offsetBytes: 7, bytes: Uint8Array.of(255) }]);
  await convertToAll(folder, 'zeros');
  const cases: ReadonlyArray<readonly [args: readonly string[], Outcome]> = [
    [['zeros.raw'], { status: 0, offset: null }],
    [['zeros.qcow2.gz'], { status: 0, offset: null }],
    [['--strict', 'zeros.raw'], { status: 1, offset: sizeBytes }],
    [['--strict', 'zeros.qcow2'], { status: 1, offset: sizeBytes }],
    [['data.raw'], { status: 1, offset: longer - 1 }],
    [['early.raw'], { status: 1, offset: 7 }],
    [['--strict', 'early.raw'], { status: 1, offset: 7 }],
  ];
  for (const [args, outcome] of cases) {
    const sizesDiffer = { ...outcome, sizesDiffer: true };
    const flags = args.slice(0, -1);
    const other = args[args.length - 1] ?? '';
    await assertComparison(t, folder, [...flags, 'short.raw', other], sizesDiffer);
    await assertComparison(t, folder, [...flags, other, 'short.raw'], sizesDiffer);
    if (other.endsWith('.gz')) continue;
    t.is(qemuStatus(folder, ...flags.map(() => '-s'), 'short.raw', other), outcome.status);
  }
  const { stderr } = await runCli(['compare', 'short.raw', 'zeros.raw'], { cwd: folder.path });
  t.is(stderr, 'warning: the sizes differ; the longer image has only zeros more\n');
});

test('a raw image that ends within a sector has the size of whole sectors', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), 1000, [{ offsetBytes: 0, bytes: prose(1000) }]);
  await runCli(['convert', 'a.raw', 'b.qcow2'], { cwd: folder.path });
  await assertComparison(t, folder, ['--strict', 'a.raw', 'b.qcow2'], { status: 0, offset: null });
  await truncate(folder.at('a.raw'), 999);
  await assertComparison(t, folder, ['--strict', 'a.raw', 'b.qcow2'], { status: 1, offset: 999 });
});

test('formats can be stated for each side', async (t) => {
  await using folder = await makeFolder();
  await qemuImg('create', '-q', '-f', 'qcow2', folder.at('a.qcow2'), '1M');
  await makeRaw(folder.at('zeros.raw'), 1024 * 1024);
  await assertComparison(t, folder, ['a.qcow2', 'zeros.raw'], { status: 0, offset: null });
  const asRaw = { status: 1, offset: 0, sizesDiffer: true };
  await assertComparison(t, folder, ['-f', 'raw', 'a.qcow2', 'zeros.raw'], asRaw);
  await assertComparison(t, folder, ['-F', 'raw', 'zeros.raw', 'a.qcow2'], asRaw);
});

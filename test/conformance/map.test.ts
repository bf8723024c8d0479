import { truncate } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { runCli } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import type { MapEntry } from '../helpers/qemu-map.js';

/** What qemu-img says, without what only it looks for: holes of the file beneath data clusters. */
async function qemuMap(path: string, format: 'raw' | 'qcow2'): Promise<MapEntry[]> {
  const entries = JSON.parse(await qemuImg('map', '--output=json', '-f', format, path)) as MapEntry[];
  const joined: MapEntry[] = [];
  for (const entry of entries.map((one) => ({ ...one, zero: one.zero && !one.data }))) {
    const last = joined.at(-1);
    const follows =
      last?.data === true &&
      entry.data &&
      last.offset !== undefined &&
      last.offset + last.length === entry.offset;
    if (last !== undefined && follows)
      joined[joined.length - 1] = { ...last, length: last.length + entry.length };
    else joined.push(entry);
  }
  return joined;
}

async function assertAgrees(
  t: ExecutionContext,
  folder: Folder,
  name: string,
  format: 'raw' | 'qcow2',
): Promise<MapEntry[]> {
  const expected = await qemuMap(folder.at(name), format);
  const ended = await runCli(['map', '--json', '-f', format, name], { cwd: folder.path });
  t.is(ended.stderr, '');
  t.is(ended.status, 0);
  const actual = JSON.parse(ended.stdout) as MapEntry[];
  for (const { compressed, data, offset } of actual) {
    t.is(compressed, data && offset === undefined);
  }
  // The key came with qemu 8.2.
  const isKnown = expected.some(({ compressed }) => compressed !== undefined);
  const comparable = isKnown ? actual : actual.map(({ compressed: _, ...entry }) => entry);
  t.deepEqual(comparable, expected);
  return actual;
}

const clusterSizes = [
  512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576, 2097152,
];

const imageArbitrary = fc.record({
  compat: fc.constantFrom('0.10', '1.1'),
  clusterBytes: fc.constantFrom(...clusterSizes),
  preallocation: fc.constantFrom('off', 'off', 'metadata'),
  sectors: fc.integer({ min: 1, max: 20_000 }),
  writes: fc.array(
    fc.record({
      kind: fc.constantFrom('plain', 'compressed', 'zeros', 'zeros -u', 'discard'),
      at: fc.nat(),
      length: fc.integer({ min: 1, max: 400_000 }),
    }),
    { maxLength: 10 },
  ),
});

interface Write {
  readonly kind: string;
  readonly at: number;
  readonly length: number;
}

/** The command for qemu-io; in whole clusters, but for plain writes. */
function toCommand({ kind, at, length }: Write, clusterBytes: number, sizeBytes: number): string {
  const unit = kind === 'plain' ? 512 : clusterBytes;
  const start = Math.floor((at % sizeBytes) / unit) * unit;
  const most = kind === 'compressed' ? clusterBytes : Math.max(unit, Math.floor(length / unit) * unit);
  const range = `${start} ${Math.min(most, sizeBytes - start)}`;
  const verbs: Readonly<Record<string, string>> = {
    plain: 'write -P 17',
    compressed: 'write -c -P 34',
    zeros: 'write -z',
    'zeros -u': 'write -z -u',
    discard: 'discard',
  };
  return `${verbs[kind]} ${range}`;
}

test('a qcow2 is mapped as qemu-img maps it', async (t) => {
  await fc.assert(
    fc.asyncProperty(imageArbitrary, async ({ compat, clusterBytes, preallocation, sectors, writes }) => {
      await using folder = await makeFolder();
      const path = folder.at('disk.qcow2');
      const sizeBytes = sectors * 512;
      const options = `compat=${compat},cluster_size=${clusterBytes},preallocation=${preallocation}`;
      await qemuImg('create', '-q', '-f', 'qcow2', '-o', options, path, `${sizeBytes}`);
      // qemu compresses a cluster only where nothing is allocated, so those come first, each once.
      const isCompressed = ({ kind }: Write) => kind === 'compressed';
      const compressed = preallocation === 'off' ? writes.filter(isCompressed) : [];
      const commands = [
        ...new Set(compressed.map((write) => toCommand(write, clusterBytes, sizeBytes))),
        ...writes
          .filter((write) => !isCompressed(write))
          .map((write) => toCommand(write, clusterBytes, sizeBytes)),
      ];
      if (commands.length > 0) await qemuIo(path, 'qcow2', ...commands);
      await assertAgrees(t, folder, 'disk.qcow2', 'qcow2');
    }),
    { numRuns: 40, includeErrorInReport: true },
  );
});

test('every kind of cluster is told apart', async (t) => {
  await using folder = await makeFolder();
  const path = folder.at('disk.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', path, '8M');
  await qemuIo(path, 'qcow2', 'write -c 0 64k', 'write 1M 1M', 'write -z 1M 64k', 'write -z 3M 64k');
  const entries = await assertAgrees(t, folder, 'disk.qcow2', 'qcow2');
  const kinds = entries.map(({ present, zero, data, compressed, offset }) =>
    [present && 'present', zero && 'zero', data && 'data', compressed && 'compressed', offset && 'offset']
      .filter(Boolean)
      .join(' '),
  );
  t.deepEqual(kinds, [
    'present data compressed',
    'zero',
    'present zero offset',
    'present data offset',
    'zero',
    'present zero',
    'zero',
  ]);
});

test('a raw image is mapped by its holes', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 4_000_000 }),
      fc.array(fc.tuple(fc.nat(3_900_000), fc.integer({ min: 1, max: 100_000 })), { maxLength: 6 }),
      async (sizeBytes, islands) => {
        await using folder = await makeFolder();
        const path = await makeRaw(
          folder.at('disk.raw'),
          sizeBytes,
          islands.map(([offsetBytes, length]) => ({ offsetBytes, bytes: noise(length) })),
        );
        await truncate(path, sizeBytes);
        await assertAgrees(t, folder, 'disk.raw', 'raw');
      },
    ),
    { numRuns: 20, includeErrorInReport: true },
  );
});

test('a disk of 1 TiB in one piece', async (t) => {
  await using folder = await makeFolder();
  await qemuImg('create', '-q', '-f', 'qcow2', folder.at('disk.qcow2'), '1T');
  await qemuIo(folder.at('disk.qcow2'), 'qcow2', 'write 700G 1M');
  t.is((await assertAgrees(t, folder, 'disk.qcow2', 'qcow2')).length, 3);
});

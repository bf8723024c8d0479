import test from 'ava';
import fc from 'fast-check';
import { convert, openImage } from '../../src/index.js';
import { makeFolder } from '../helpers/folder.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { judge } from '../helpers/referees.js';

const KiB = 1024;

interface Write {
  readonly kind: 'plain' | 'zeros' | 'compressed' | 'discard';
  readonly at: number;
  readonly length: number;
  readonly pattern: number;
}

/** The command for qemu-io, in whole clusters where it insists on them. */
function toCommand({ kind, at, length, pattern }: Write, clusterBytes: number, sizeBytes: number): string {
  const unit = kind === 'plain' ? 512 : clusterBytes;
  const start = Math.floor(at / unit) * unit;
  const bytes = Math.min(Math.max(unit, Math.floor(length / unit) * unit), sizeBytes - start);
  switch (kind) {
    case 'plain':
      return `write -P ${pattern} ${start} ${bytes}`;
    case 'zeros':
      return `write -z ${start} ${bytes}`;
    case 'discard':
      return `discard ${start} ${bytes}`;
    case 'compressed':
      // One cluster at a time is what qemu-io can compress.
      return `write -c -P ${pattern} ${start} ${Math.min(clusterBytes, sizeBytes - start)}`;
  }
}

/** qemu writes a compressed cluster only where nothing is allocated, so those come first, each once. */
function toCommands(writes: readonly Write[], clusterBytes: number, sizeBytes: number): string[] {
  const commands = (isWanted: (write: Write) => boolean) =>
    writes.filter(isWanted).map((write) => toCommand(write, clusterBytes, sizeBytes));
  const clusterOf = new Map(
    writes
      .filter(({ kind }) => kind === 'compressed')
      .map((write) => [Math.floor(write.at / clusterBytes), write] as const),
  );
  const compressed = [...clusterOf.values()];
  return [
    ...commands((write) => compressed.includes(write)),
    ...commands(({ kind }) => kind !== 'compressed'),
  ];
}

const clusterSizes = [512, KiB, 4 * KiB, 64 * KiB, 256 * KiB, 2 * KiB * KiB];

const imageArbitrary = fc.record({
  compat: fc.constantFrom('0.10', '1.1'),
  clusterBytes: fc.constantFrom(...clusterSizes),
  refcountBits: fc.constantFrom(1, 2, 4, 8, 16, 32, 64),
  sectors: fc.integer({ min: 1, max: 20_000 }),
  preallocation: fc.constantFrom('off', 'metadata', 'falloc'),
  writes: fc.array(
    fc.record<Write>({
      kind: fc.constantFrom('plain', 'zeros', 'compressed', 'discard'),
      at: fc.integer({ min: 0, max: 20_000 * 512 - 1 }),
      length: fc.integer({ min: 1, max: 600_000 }),
      pattern: fc.integer({ min: 0, max: 255 }),
    }),
    { maxLength: 12 },
  ),
});

test('images as qemu writes them: every version, cluster size, refcount width and kind of cluster', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      imageArbitrary,
      async ({ compat, clusterBytes, refcountBits, sectors, preallocation, writes }) => {
        await using folder = await makeFolder();
        const source = folder.at('source.qcow2');
        const sizeBytes = sectors * 512;
        const width = compat === '0.10' ? 16 : refcountBits;
        const options = `compat=${compat},cluster_size=${clusterBytes},refcount_bits=${width},preallocation=${preallocation}`;
        await qemuImg('create', '-q', '-f', 'qcow2', '-o', options, source, `${sizeBytes}`);
        const commands = toCommands(
          writes
            .filter(({ kind }) => kind !== 'compressed' || preallocation === 'off')
            .map((write) => ({ ...write, at: write.at % sizeBytes })),
          clusterBytes,
          sizeBytes,
        );
        if (commands.length > 0) await qemuIo(source, 'qcow2', ...commands);
        const expected = folder.at('expected.raw');
        await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', source, expected);

        await convert(source, folder.at('ours.raw'));
        await judge(folder.at('ours.raw'), 'raw', expected);
        await convert(source, folder.at('ours.qcow2'));
        await judge(folder.at('ours.qcow2'), 'qcow2', expected);
      },
    ),
    { numRuns: 25, includeErrorInReport: true },
  );
  t.pass('fast-check has judged every image');
});

test('qcow2 as "qemu-img convert -c" writes it', async (t) => {
  await using folder = await makeFolder();
  const program = process.execPath;
  await qemuImg('convert', '-c', '-f', 'raw', '-O', 'qcow2', program, folder.at('a.qcow2'));
  await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', folder.at('a.qcow2'), folder.at('expected.raw'));
  await convert(folder.at('a.qcow2'), folder.at('a.raw'));
  await t.notThrowsAsync(judge(folder.at('a.raw'), 'raw', folder.at('expected.raw')));
});

test('the active state is read, whatever snapshots there are', async (t) => {
  await using folder = await makeFolder();
  const source = folder.at('a.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', source, '8M');
  await qemuIo(source, 'qcow2', 'write -P 0x11 0 1M');
  await qemuImg('snapshot', '-c', 'before', source);
  await qemuIo(source, 'qcow2', 'write -P 0x22 0 512k');
  await using image = await openImage(source);
  t.deepEqual(image.read(0, 1), Uint8Array.of(0x22));
  t.deepEqual(image.read(1024 * 1024 - 1, 1), Uint8Array.of(0x11));
  t.like(image.facts, { snapshotCount: 1 });
});

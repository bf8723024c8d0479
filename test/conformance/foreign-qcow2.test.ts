import test from 'ava';
import fc from 'fast-check';
import { convert, openImage } from '../../src/index.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, prose } from '../helpers/images.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { judge } from '../helpers/referees.js';

const KiB = 1024;

interface Write {
  readonly kind: 'plain' | 'zeros' | 'compressed' | 'discard';
  readonly at: number;
  readonly length: number;
  readonly pattern: number;
}

interface Geometry {
  readonly clusterBytes: number;
  readonly hasSubclusters: boolean;
  readonly sizeBytes: number;
}

function unitOf(kind: Write['kind'], { clusterBytes, hasSubclusters }: Geometry): number {
  if (kind === 'plain') return 512;
  return kind === 'zeros' && hasSubclusters ? clusterBytes / 32 : clusterBytes;
}

/** The command for qemu-io, in whole clusters or subclusters where it insists on them. */
function toCommand({ kind, at, length, pattern }: Write, geometry: Geometry): string {
  const { clusterBytes, sizeBytes } = geometry;
  const unit = unitOf(kind, geometry);
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
function toCommands(writes: readonly Write[], geometry: Geometry): string[] {
  const { clusterBytes } = geometry;
  const commands = (isWanted: (write: Write) => boolean) =>
    writes.filter(isWanted).map((write) => toCommand(write, geometry));
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

interface ForeignImage {
  readonly compat: string;
  readonly clusterBytes: number;
  readonly refcountBits: number;
  readonly sectors: number;
  readonly preallocation: string;
  readonly hasSubclusters: boolean;
  readonly compressionType: string;
  readonly writes: readonly Write[];
}

const imageArbitrary: fc.Arbitrary<ForeignImage> = fc.record({
  compat: fc.constantFrom('0.10', '1.1'),
  clusterBytes: fc.constantFrom(...clusterSizes),
  refcountBits: fc.constantFrom(1, 2, 4, 8, 16, 32, 64),
  sectors: fc.integer({ min: 1, max: 20_000 }),
  preallocation: fc.constantFrom('off', 'metadata', 'falloc'),
  hasSubclusters: fc.constant(false),
  compressionType: fc.constantFrom('zlib', 'zstd'),
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

/** What `qemu-img create -o` takes, leaving out what the version or the cluster size does not allow. */
function creationOptions(image: ForeignImage): string {
  const { compat, clusterBytes, refcountBits, preallocation, hasSubclusters, compressionType } = image;
  const options = [`compat=${compat}`, `cluster_size=${clusterBytes}`, `preallocation=${preallocation}`];
  if (compat === '1.1') {
    options.push(`refcount_bits=${refcountBits}`, `compression_type=${compressionType}`);
    if (hasSubclusters) options.push('extended_l2=on');
  }
  return options.join(',');
}

/** Has qemu make the image with all its writes. */
async function makeForeign(path: string, image: ForeignImage): Promise<void> {
  const { clusterBytes, hasSubclusters, sectors, preallocation, writes } = image;
  const sizeBytes = sectors * 512;
  await qemuImg('create', '-q', '-f', 'qcow2', '-o', creationOptions(image), path, `${sizeBytes}`);
  const commands = toCommands(
    writes
      .filter(({ kind }) => kind !== 'compressed' || preallocation === 'off')
      .map((write) => ({ ...write, at: write.at % sizeBytes })),
    { clusterBytes, hasSubclusters, sizeBytes },
  );
  if (commands.length > 0) await qemuIo(path, 'qcow2', ...commands);
}

async function assertReadAsQemuDoes(image: ForeignImage): Promise<void> {
  await using folder = await makeFolder();
  const source = folder.at('source.qcow2');
  await makeForeign(source, image);
  const expected = folder.at('expected.raw');
  await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', source, expected);
  await convert(source, folder.at('ours.raw'));
  await judge(folder.at('ours.raw'), 'raw', expected);
  await convert(source, folder.at('ours.qcow2'));
  await judge(folder.at('ours.qcow2'), 'qcow2', expected);
}

test('images as qemu writes them: every version, cluster size, refcount width and kind of cluster', async (t) => {
  await fc.assert(fc.asyncProperty(imageArbitrary, assertReadAsQemuDoes), {
    numRuns: 25,
    includeErrorInReport: true,
  });
  t.pass('fast-check has judged every image');
});

test('images with subclusters as qemu writes them', async (t) => {
  const withSubclusters = imageArbitrary.map((image) => ({
    ...image,
    compat: '1.1',
    hasSubclusters: true,
    clusterBytes: Math.max(image.clusterBytes, 16 * KiB),
  }));
  await fc.assert(fc.asyncProperty(withSubclusters, assertReadAsQemuDoes), {
    numRuns: 20,
    includeErrorInReport: true,
  });
  t.pass('fast-check has judged every image');
});

for (const options of [
  'compression_type=zlib',
  'compression_type=zstd',
  'extended_l2=on,compression_type=zstd',
]) {
  test(`qcow2 as "qemu-img convert -c -o ${options}" writes it`, async (t) => {
    await using folder = await makeFolder();
    const image = folder.at('a.qcow2');
    await makeRaw(folder.at('program.raw'), 8 * KiB * KiB, [
      { offsetBytes: 0, bytes: prose(3 * KiB * KiB) },
      { offsetBytes: 5 * KiB * KiB, bytes: prose(100_000) },
    ]);
    await qemuImg(
      'convert',
      '-c',
      '-f',
      'raw',
      '-O',
      'qcow2',
      '-o',
      options,
      folder.at('program.raw'),
      image,
    );
    await convert(image, folder.at('a.raw'));
    await t.notThrowsAsync(judge(folder.at('a.raw'), 'raw', folder.at('program.raw')));
  });
}

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

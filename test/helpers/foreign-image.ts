import fc from 'fast-check';
import { qemuImg, qemuIo } from './qemu.js';

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

/** An image that qemu makes. */
export interface ForeignImage {
  readonly compat: string;
  readonly clusterBytes: number;
  readonly refcountBits: number;
  readonly sectors: number;
  readonly preallocation: string;
  readonly hasSubclusters: boolean;
  readonly compressionType: string;
  readonly writes: readonly Write[];
}

export const foreignImages: fc.Arbitrary<ForeignImage> = fc.record({
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

/** The same with subclusters. */
export const foreignImagesWithSubclusters: fc.Arbitrary<ForeignImage> = foreignImages.map((image) => ({
  ...image,
  compat: '1.1',
  hasSubclusters: true,
  clusterBytes: Math.max(image.clusterBytes, 16 * KiB),
}));

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
export async function makeForeign(path: string, image: ForeignImage): Promise<void> {
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

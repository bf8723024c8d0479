import { manifestSchema } from '../../manifest/schema.js';
import type { DocumentPath } from './located-document.js';

/** A rule of the service that a plan breaks. */
export interface RuleFault {
  readonly path: DocumentPath;
  readonly message: string;
}

// What has to stand in a manifest and is no matter of a plan.
const anyUrl = 'https://oos.example/bucket/key';
const mostBytes = 14_901 * 1024 ** 3;

const imageKeys: Readonly<Record<string, string>> = {
  Name: 'name',
  Description: 'description',
  Architecture: 'architecture',
  ProductTypes: 'product-types',
  User: 'user',
  Snapshots: 'disks',
};

const diskKeys: Readonly<Record<string, string>> = {
  Device: 'device',
  VolumeType: 'volume-type',
  Iops: 'iops',
  DeleteOnTermination: 'delete-on-termination',
  Size: 'source',
};

/** Finds the virtual size of a disk: by its place among the images and among their disks. */
export type SizeOf = (image: number, disk: number) => number | undefined;

/**
 * Rules that bind several values of a plan, and those of sizes where they are known: devices that are used twice, no root
 * device, iops of the wrong volume type. They are the rules of the manifests that will be made of it.
 *
 * @param plan data of a plan in which every disk is a map; whatever else is wrong with it is no matter here
 */
export function ruleFaults(plan: unknown, sizeOf: SizeOf = () => undefined): readonly RuleFault[] {
  return listOf(plan, 'images').flatMap((image, index) =>
    manifestIssues(image, (disk) => sizeOf(index, disk))
      .filter(({ code, path }) => code === 'custom' || path.includes('Size') || path.at(-1) === 'Snapshots')
      .map(({ path, message }) => ({ path: ['images', index, ...planKeys(path)], message })),
  );
}

function manifestIssues(image: unknown, sizeOf: (disk: number) => number | undefined) {
  const disks = listOf(image, 'disks');
  // Without a disk the plan's own form says so.
  if (disks.length === 0) return [];
  const taken = new Set(disks.map((disk) => get(disk, 'device')));
  const candidate = {
    Version: 1,
    Image: {
      Name: 'any',
      Description: '',
      Type: 'machine',
      Public: false,
      Architecture: 'x86_64',
      ProductTypes: ['0001'],
      Snapshots: disks.map((disk, index) => ({
        Ordering: index,
        Device:
          get(disk, 'device') ?? (index === 0 && !taken.has('/dev/sda1') ? '/dev/sda1' : `free ${index}`),
        VolumeType: get(disk, 'volume-type') ?? 'standard',
        Iops: get(disk, 'iops') ?? null,
        DeleteOnTermination: true,
        Filename: 'key',
        PreSignedUrl: anyUrl,
        CompressedSize: 1,
        Size: sizeOf(index) ?? mostBytes,
      })),
    },
  };
  const outcome = manifestSchema.safeParse(candidate);
  return outcome.success ? [] : outcome.error.issues;
}

/** Keys of a manifest's `Image` as those of a plan's image. */
function planKeys(path: readonly PropertyKey[]): DocumentPath {
  const [, key, index, diskKey] = path;
  const keys: (string | number)[] = [imageKeys[String(key)] ?? String(key)];
  if (typeof index === 'number') keys.push(index);
  if (diskKey !== undefined) keys.push(diskKeys[String(diskKey)] ?? String(diskKey));
  return keys;
}

function listOf(value: unknown, key: string): readonly unknown[] {
  const list = get(value, key);
  return Array.isArray(list) ? list : [];
}

function get(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

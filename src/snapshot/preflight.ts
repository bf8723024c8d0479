import { deviceDoubt, sizeDoubt, twinDoubt } from '../manifest/create.js';
import { quoted } from '../manifest/quoted.js';
import { rootDevice } from '../manifest/rules.js';
import type { Destination } from './destination.js';
import type { Finding, Findings } from './findings.js';
import { isWritten } from './former-file.js';
import { type LookedAt, lookAtSource } from './look-at-source.js';
import type { Batch, BatchDisk } from './plan/batch.js';
import { ruleFaults } from './plan/rules.js';
import { roundUp } from './plan/sizes.js';
import { type DiskToCome, roomFindings } from './room.js';
import { directoryFaults, TargetPlaces } from './target-places.js';

/** Looks at every source of a batch and at where it goes, and tries all rules that can be known here, without any work. */
export async function preflight(batch: Batch, destination: Destination): Promise<Findings> {
  const { directory, journal } = destination;
  const looked = await lookAtAll(batch, destination);
  const sizeOf = (image: number, disk: number) => {
    const wanted = batch.images[image]?.disks[disk];
    return targetSizeOf(looked.find((each) => each.disk === wanted));
  };
  const written = { images: batch.images.map(writtenAgain) };
  const inTheWay = await directoryFaults(batch, destination);
  const toCome: DiskToCome[] = [];
  for (const { disk, info } of looked) {
    if (info !== undefined && !(await isWritten(disk, directory, journal))) toCome.push({ disk, info });
  }
  const room = inTheWay.length > 0 ? { faults: [], warnings: [] } : await roomFindings(toCome, destination);
  return {
    faults: [
      ...inTheWay,
      ...looked.flatMap(({ faults }) => faults),
      ...ruleFaults(written, sizeOf),
      ...room.faults,
    ],
    warnings: [
      ...looked.flatMap(warningsOf),
      ...batch.images.flatMap(rootElsewhere),
      ...batch.images.flatMap(deviceTwins),
      ...repeatedSources(looked),
      ...room.warnings,
    ],
  };
}

/** What is wrong with the sources of a batch and with where it goes, and with nothing else. */
export async function placeFaults(batch: Batch, destination: Destination): Promise<readonly Finding[]> {
  const looked = await lookAtAll(batch, destination);
  return [...(await directoryFaults(batch, destination)), ...looked.flatMap(({ faults }) => faults)];
}

async function lookAtAll(batch: Batch, { directory, signal }: Destination): Promise<readonly LookedAt[]> {
  const targets = await TargetPlaces.of(batch, directory);
  const looked: LookedAt[] = [];
  // One by one: a plan may have more sources than a process may have open.
  for (const disk of batch.images.flatMap(({ disks }) => disks)) {
    signal?.throwIfAborted();
    looked.push(await lookAtSource(disk, targets));
  }
  return looked;
}

/** The values of a planned image that rules bind together, by the keys of a plan file. */
export function writtenAgain({ disks }: Batch['images'][number]): object {
  return {
    disks: disks.map((disk) => ({
      device: disk.device,
      'volume-type': disk.volumeType,
      iops: disk.iops,
    })),
  };
}

/** The virtual size that the prepared disk will have, where it is known. */
function targetSizeOf(looked: LookedAt | undefined): number | undefined {
  const sizeBytes = looked?.info?.virtualSizeBytes;
  if (sizeBytes === undefined || looked === undefined) return undefined;
  return looked.disk.padBytes === undefined ? sizeBytes : roundUp(sizeBytes, looked.disk.padBytes);
}

function warningsOf(looked: LookedAt): readonly Finding[] {
  const { disk, info } = looked;
  if (info === undefined) return [];
  const path = [...disk.planPath, 'source'];
  const sizeBytes = targetSizeOf(looked);
  const warnings: Finding[] = [];
  if (sizeBytes === undefined) {
    warnings.push({ path, message: unknownSizeMessage(disk) });
  } else {
    warnings.push(...sizeFindings(disk, sizeBytes));
  }
  const device = deviceDoubt(disk.device);
  if (device !== undefined) warnings.push({ path: [...disk.planPath, 'device'], message: device });
  return warnings;
}

/** What is told of a disk whose size only inflating tells. */
export function unknownSizeMessage({ source }: BatchDisk): string {
  return `the size of the disk in ${quoted(source)} is known once it is inflated; the rules of sizes are tried then`;
}

/** What is doubtful about the virtual size of a prepared disk. */
export function sizeFindings({ planPath }: BatchDisk, sizeBytes: number): readonly Finding[] {
  const doubt = sizeDoubt(sizeBytes);
  return doubt === undefined
    ? []
    : [{ path: [...planPath, 'source'], message: `${doubt}; 'pad: 1GiB' makes it so` }];
}

/** A root device that the plan gives to another disk than the first. */
function rootElsewhere({ disks }: Batch['images'][number]): readonly Finding[] {
  const root = disks.findIndex(({ device }) => device === rootDevice);
  const [first, booting] = [disks[0], disks[root]];
  if (root <= 0 || first === undefined || booting === undefined) return [];
  const message = `${rootDevice} makes this the disk that boots; the first one, ${quoted(first.source)}, is ${first.device}`;
  return [{ path: [...booting.planPath, 'device'], message }];
}

function deviceTwins({ disks }: Batch['images'][number]): readonly Finding[] {
  return disks.flatMap(({ device, planPath }, index) => {
    const before = disks.slice(0, index).map((disk) => disk.device);
    const message = twinDoubt(device, before);
    return message === undefined ? [] : [{ path: [...planPath, 'device'], message }];
  });
}

function repeatedSources(looked: readonly LookedAt[]): readonly Finding[] {
  return looked.flatMap(({ disk: { sourcePath, snapshot, planPath }, fileId }, index) => {
    const isSame = ({ disk, fileId: other }: LookedAt) =>
      disk.snapshot === snapshot &&
      (disk.sourcePath === sourcePath || (other !== undefined && other === fileId));
    if (looked.findIndex(isSame) === index) return [];
    return [{ path: [...planPath, 'source'], message: 'is the source of another disk of the plan as well' }];
  });
}

import { quotedHarmless } from '../quoted.js';
import {
  bytesPerGib,
  devicePattern,
  maximumIops,
  maximumIopsPerGib,
  maximumVolumeGib,
  rootDevice,
  volumeGib,
  volumeTypes,
} from '../rules.js';
import type { Findings, Spot } from './findings.js';
import { type KeyRule, type Members, membersOf } from './keys.js';
import { origins } from './origins.js';
import { booleanOf, integerOf, textOf, wrongType } from './values.js';

const sectorBytes = 512;

const snapshotKeys: readonly KeyRule[] = [
  // C has neither of the two, A and B require them.
  {
    key: 'Ordering',
    absent: { severity: 'warning', advice: 'number the disks from 0', origin: origins.ab },
  },
  required('Device', `add ${rootDevice} for the disk that boots, /dev/xvdb and so on for others`),
  required('VolumeType', 'add standard, gp2 or io1'),
  { key: 'Iops' },
  required('DeleteOnTermination', 'add true or false'),
  required('Filename', 'add the key of the object in its bucket'),
  required('PreSignedUrl', 'add the pre-signed URL of the object'),
  {
    key: 'CompressedSize',
    absent: { severity: 'warning', advice: 'add the length of the object in bytes', origin: origins.ab },
  },
  required('Size', 'add the virtual size in bytes'),
];

function required(key: string, advice: string): KeyRule {
  return { key, absent: { severity: 'error', advice, origin: origins.all } };
}

/** What a manifest says of one disk; undefined where it is missing or nobody can tell. */
export interface SnapshotFacts {
  readonly ordering: number | undefined;
  readonly device: string | undefined;
  readonly volumeType: string | undefined;
  readonly iops: number | undefined;
  readonly deleteOnTermination: boolean | undefined;
  readonly filename: string | undefined;
  readonly url: string | undefined;
  /** Length of the object. */
  readonly objectSizeBytes: number | undefined;
  readonly virtualSizeBytes: number | undefined;
}

/** The facts of a disk, and where in the manifest they stand, by their keys. */
export interface SnapshotReview {
  readonly spot: Spot;
  readonly members: Members;
  readonly facts: SnapshotFacts;
}

/** Tries the rules for one disk, but those for its URL. */
export function reviewSnapshot(spot: Spot, findings: Findings): SnapshotReview | undefined {
  if (spot.node.type !== 'object') {
    wrongType(spot, 'the entry', 'write an object for each disk', findings);
    return undefined;
  }
  const members = membersOf(spot, snapshotKeys, findings);
  const facts: SnapshotFacts = {
    ordering: checkOrdering(members.get('Ordering'), findings),
    device: checkDevice(members.get('Device'), findings),
    volumeType: checkVolumeType(members.get('VolumeType'), findings),
    iops: iopsOf(members.get('Iops'), findings),
    deleteOnTermination: booleanOf(members.get('DeleteOnTermination'), 'DeleteOnTermination', findings),
    filename: checkFilename(members.get('Filename'), findings),
    url: textOf(members.get('PreSignedUrl'), 'the URL', findings),
    objectSizeBytes: checkObjectSize(members.get('CompressedSize'), findings),
    virtualSizeBytes: checkSize(members.get('Size'), findings),
  };
  checkIops(spot, members, facts, findings);
  checkSizes(members, facts, findings);
  return { spot, members, facts };
}

function checkOrdering(spot: Spot | undefined, findings: Findings): number | undefined {
  const ordering = integerOf(spot, 'the ordering', findings);
  if (spot !== undefined && ordering !== undefined && ordering < 0) {
    findings.error(spot, 'ordering', `the ordering ${ordering} is negative; use 0 or more`, origins.ab);
  }
  return ordering;
}

function checkDevice(spot: Spot | undefined, findings: Findings): string | undefined {
  const device = textOf(spot, 'the device', findings);
  if (spot === undefined || device === undefined || device === rootDevice) return device;
  if (/^\/dev\/sda(?:[2-9]|1[0-5])$/.test(device)) {
    const message = `the device ${quotedHarmless(device)} is in the sample of the documentation, and the API does not allow it; use /dev/xvdb and so on`;
    findings.warning(spot, 'device-sda', message, origins.blockDevices);
  } else if (!devicePattern.test(device)) {
    const message = `the device ${quotedHarmless(device)} is not allowed; use ${rootDevice}, /dev/xvd[b-z][a-z]? or /dev/sd[b-z][a-z]?`;
    findings.error(spot, 'device', message, origins.blockDevices);
  } else if (device.startsWith('/dev/sd')) {
    const twin = quotedHarmless(device.replace('/dev/sd', '/dev/xvd'));
    const message = `the API allows the device ${quotedHarmless(device)}, the user guide wants /dev/xvd names for all but the root disk; ${twin} satisfies both`;
    findings.warning(spot, 'device-sd', message, origins.devices);
  }
  return device;
}

function checkVolumeType(spot: Spot | undefined, findings: Findings): string | undefined {
  const type = textOf(spot, 'the volume type', findings);
  if (spot !== undefined && type !== undefined && !volumeTypes.some((known) => known === type)) {
    const message = `the volume type ${quotedHarmless(type)} is not known; use ${volumeTypes.join(', ')}`;
    findings.error(spot, 'volume-type', message, origins.bsu);
  }
  return type;
}

function iopsOf(spot: Spot | undefined, findings: Findings): number | undefined {
  return spot?.node.type === 'null' ? undefined : integerOf(spot, 'iops', findings);
}

function checkIops(
  disk: Spot,
  members: Members,
  { volumeType, iops, virtualSizeBytes }: SnapshotFacts,
  findings: Findings,
): void {
  const spot = members.get('Iops') ?? { node: disk.node, path: `${disk.path}.Iops` };
  const report = (code: string, message: string) => findings.error(spot, code, message, origins.bsu);
  const isAbsent = !members.has('Iops') || spot.node.type === 'null';
  if (isAbsent && volumeType === 'io1') {
    report('iops-missing', `a volume of type io1 needs Iops; add 1 to ${maximumIops}`);
  }
  if (iops === undefined) return;
  if (volumeType !== undefined && volumeType !== 'io1') {
    report('iops-type', `Iops are for the volume type io1 only; write null, or use io1`);
    return;
  }
  const isSized = virtualSizeBytes !== undefined && virtualSizeBytes > 0;
  const ofSize = isSized ? volumeGib(virtualSizeBytes) * maximumIopsPerGib : maximumIops;
  const allowed = Math.min(ofSize, maximumIops);
  if (iops < 1 || iops > maximumIops) {
    report('iops-range', `${iops} Iops are not allowed; use 1 to ${allowed}`);
  } else if (iops > allowed) {
    report('iops-ratio', `${iops} Iops are more than ${maximumIopsPerGib} per GiB; use at most ${allowed}`);
  }
}

function checkFilename(spot: Spot | undefined, findings: Findings): string | undefined {
  const filename = textOf(spot, 'the file name', findings);
  if (spot === undefined || filename === undefined) return filename;
  if (filename === '') {
    const message = 'the file name is empty; write the key of the object in its bucket';
    findings.error(spot, 'filename', message, origins.all);
  } else if (!/\.(?:raw|qcow2)(?:\.gz)?$/.test(filename)) {
    const message = `the file name ${quotedHarmless(filename)} ends in none of .raw, .qcow2, .raw.gz, .qcow2.gz; rename the object in case the service goes by names`;
    findings.warning(spot, 'filename-ending', message, origins.all);
  }
  return filename;
}

function checkObjectSize(spot: Spot | undefined, findings: Findings): number | undefined {
  const sizeBytes = integerOf(spot, 'the size of the object', findings);
  if (spot !== undefined && sizeBytes !== undefined && sizeBytes < 1) {
    const message = `an object of ${sizeBytes} bytes holds no disk; write its length in bytes`;
    findings.error(spot, 'object-size', message, origins.ab);
  }
  return sizeBytes;
}

function checkSize(spot: Spot | undefined, findings: Findings): number | undefined {
  const sizeBytes = integerOf(spot, 'the virtual size', findings);
  if (spot === undefined || sizeBytes === undefined) return sizeBytes;
  const wholeGib = `grow the image to ${volumeGib(sizeBytes) * bytesPerGib} bytes to be sure`;
  if (sizeBytes < 1 || sizeBytes > maximumVolumeGib * bytesPerGib) {
    const message = `a virtual size of ${sizeBytes} bytes is not allowed; use 1 to ${maximumVolumeGib} GiB, in bytes`;
    findings.error(spot, 'size-range', message, origins.volumes);
  } else if (sizeBytes % sectorBytes !== 0) {
    const message = `the virtual size of ${sizeBytes} bytes is no whole number of sectors of ${sectorBytes} bytes, nor of GiB, and volumes are; ${wholeGib}`;
    findings.warning(spot, 'size-sector', message, origins.practice);
  } else if (sizeBytes % bytesPerGib !== 0) {
    const message = `the virtual size of ${sizeBytes} bytes is not a whole number of GiB, and volumes are; ${wholeGib}`;
    findings.warning(spot, 'size-gib', message, origins.volumes);
  }
  return sizeBytes;
}

function checkSizes(
  members: Members,
  { filename = '', objectSizeBytes, virtualSizeBytes }: SnapshotFacts,
  findings: Findings,
): void {
  const spot = members.get('CompressedSize');
  if (spot === undefined || objectSizeBytes === undefined || virtualSizeBytes === undefined) return;
  if (objectSizeBytes < 1 || virtualSizeBytes < 1) return; // of which it is told already
  if (filename.endsWith('.gz') && objectSizeBytes > virtualSizeBytes) {
    const message = `the compressed object (${objectSizeBytes} bytes) is larger than the disk in it (${virtualSizeBytes} bytes); check that the two sizes are not swapped`;
    findings.warning(spot, 'object-size-larger', message, origins.practice);
  } else if (filename.endsWith('.raw') && objectSizeBytes !== virtualSizeBytes) {
    const message = `a raw object is as long as its disk; ${objectSizeBytes} and ${virtualSizeBytes} bytes differ: check both`;
    findings.warning(spot, 'object-size-raw', message, origins.practice);
  }
}

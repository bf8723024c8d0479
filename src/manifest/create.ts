import { ForgeError } from '../errors.js';
import { diskPlace, faultLine, manifestFaults } from './faults.js';
import { quoted } from './quoted.js';
import type { Architecture, ProductType, VolumeType } from './rules.js';
import { bytesPerGib, rootDevice, volumeGib } from './rules.js';
import type { Manifest, ManifestSnapshot } from './schema.js';

/** What a manifest says of the OMI as a whole. */
export interface ManifestRequest {
  /** Name of the OMI: 3 to 128 of `[A-Za-z0-9_ ()/.-]`, unique in the importing account. */
  readonly name: string;
  /** Empty when left out. */
  readonly description?: string | undefined;
  /** `x86_64` when left out. */
  readonly architecture?: Architecture | undefined;
  /** `['0001']` (Linux/Unix) when left out. */
  readonly productTypes?: readonly ProductType[] | undefined;
  /** Account id of 12 digits of whoever exports the OMI; not written when left out. */
  readonly user?: string | undefined;
}

/** The choices that a person has for one disk. */
export interface DiskSettings {
  /** When left out: `/dev/sda1` for the first disk, then the next free one of `/dev/xvdb`, `/dev/xvdc` and so on. */
  readonly device?: string | undefined;
  /** `standard` when left out. */
  readonly volumeType?: VolumeType | undefined;
  /** Operations per second, needed for `io1` and refused otherwise: 1 to 13000, at most 300 per GiB. */
  readonly iops?: number | undefined;
  /** Whether the volume goes away together with the virtual machine; true when left out. */
  readonly deleteOnTermination?: boolean | undefined;
}

/** One disk: what it is, where its object is, and the choices for it. */
export interface ManifestDisk extends DiskSettings {
  readonly virtualSizeBytes: number;
  /** Length of the object in the bucket in bytes. */
  readonly objectSizeBytes: number;
  /** Key of the object in its bucket. */
  readonly filename: string;
  readonly preSignedUrl: string;
}

/** A manifest that no known rule refuses. */
export interface ComposedManifest {
  readonly manifest: Manifest;
  /** What the service may or may not take, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Composes a manifest from known facts, without reading a file or a clock.
 *
 * @throws ForgeError `MANIFEST_INVALID`, whose message lists every fault with its place.
 */
export function composeManifest(request: ManifestRequest, disks: readonly ManifestDisk[]): ComposedManifest {
  const devices = chooseDevices(disks);
  const manifest: Manifest = {
    Version: 1,
    Image: {
      Name: request.name,
      Description: request.description ?? '',
      Type: 'machine',
      Public: false,
      Architecture: request.architecture ?? 'x86_64',
      ProductTypes: request.productTypes ?? ['0001'],
      ...(request.user === undefined ? {} : { User: request.user }),
      Snapshots: disks.map((disk, index) => composeSnapshot(disk, index, devices[index] ?? '')),
    },
  };
  const faults = manifestFaults(manifest);
  if (faults.length > 0) throw new ForgeError('MANIFEST_INVALID', faultLine(faults));
  return { manifest, warnings: manifest.Image.Snapshots.flatMap(snapshotWarnings) };
}

function composeSnapshot(disk: ManifestDisk, index: number, device: string): ManifestSnapshot {
  return {
    Ordering: index,
    Device: device,
    VolumeType: disk.volumeType ?? 'standard',
    Iops: disk.iops ?? null,
    DeleteOnTermination: disk.deleteOnTermination ?? true,
    Filename: disk.filename,
    PreSignedUrl: disk.preSignedUrl,
    CompressedSize: disk.objectSizeBytes,
    Size: disk.virtualSizeBytes,
  };
}

/** The device of each disk: what was asked for, else the root device for the first disk and free names for the rest. */
export function chooseDevices(disks: readonly DiskSettings[]): readonly string[] {
  const taken = new Set(disks.flatMap(({ device }) => (device === undefined ? [] : [withoutBus(device)])));
  const free = dataDevices().filter((name) => !taken.has(withoutBus(name)));
  return disks.map(({ device }, index) => {
    if (device !== undefined) return device;
    return index === 0 && !taken.has(withoutBus(rootDevice)) ? rootDevice : (free.shift() ?? '');
  });
}

/** A guest may see /dev/sdb and /dev/xvdb as one device, so a default never takes the twin of a chosen name. */
function withoutBus(device: string): string {
  return device.replace(/^\/dev\/(?:sd|xvd)/, '');
}

/** Names for disks other than the root: one letter makes 25 of them, so two letters follow. */
function dataDevices(): string[] {
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const one = letters.slice(1).map((letter) => `/dev/xvd${letter}`);
  const two = letters.slice(1).flatMap((first) => letters.map((second) => `/dev/xvd${first}${second}`));
  return [...one, ...two];
}

function snapshotWarnings(
  { Filename, Device, Size }: ManifestSnapshot,
  index: number,
  all: readonly ManifestSnapshot[],
): readonly string[] {
  const place = diskPlace(index, Filename);
  const size = sizeDoubt(Size);
  const device = deviceDoubt(Device);
  const twin = twinDoubt(
    Device,
    all.slice(0, index).map((other) => other.Device),
  );
  const wholeBytes = volumeGib(Size) * bytesPerGib;
  return [
    ...(size === undefined ? [] : [`${place}: ${size}; grow the image to ${wholeBytes} bytes to be sure`]),
    ...(device === undefined ? [] : [`${place}: ${device}`]),
    ...(twin === undefined ? [] : [`${place}: ${twin}`]),
  ];
}

/** Why the service may not take a disk of this size; undefined where nothing speaks against it. */
export function sizeDoubt(sizeBytes: number): string | undefined {
  if (sizeBytes % bytesPerGib === 0) return undefined;
  return `the virtual size of ${sizeBytes} bytes is not a whole number of GiB, and volumes are; the documentation does not say whether that is imported`;
}

/** Why the service may not take a device that its API allows; undefined where nothing speaks against it. */
export function deviceDoubt(device: string): string | undefined {
  if (device === rootDevice || device.startsWith('/dev/xvd')) return undefined;
  const twin = device.replace('/dev/sd', '/dev/xvd');
  return `the documentation contradicts itself on the device ${quoted(device)}: the API allows it, the user guide wants /dev/xvd names for all but the root disk; ${quoted(twin)} satisfies both`;
}

/** Why a guest may not find a disk, as another one has nearly its name; undefined where nothing speaks against it. */
export function twinDoubt(device: string, others: readonly string[]): string | undefined {
  const twin = others.find((other) => other !== device && withoutBus(other) === withoutBus(device));
  if (twin === undefined) return undefined;
  return `a guest may take ${quoted(device)} and ${quoted(twin)} of another disk for one device; use other letters`;
}

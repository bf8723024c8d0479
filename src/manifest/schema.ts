import { z } from 'zod';
import { quoted, quotedUrl } from './quoted.js';
import {
  type Architecture,
  architectures,
  bytesPerGib,
  devicePattern,
  isHttpUrl,
  maximumDisks,
  maximumIops,
  maximumIopsPerGib,
  maximumVolumeGib,
  namePattern,
  type ProductType,
  productTypes,
  rootDevice,
  userPattern,
  type VolumeType,
  volumeGib,
  volumeTypes,
} from './rules.js';

/** One disk of the OMI. The keys are the service's own, in the order in which they are written. */
export interface ManifestSnapshot {
  /** Position of the disk. */
  readonly Ordering: number;
  /** `/dev/sda1` for the root disk, `/dev/xvdb` and so on for the others. */
  readonly Device: string;
  readonly VolumeType: VolumeType;
  /** Operations per second: a number for `io1`, `null` for all other volume types. */
  readonly Iops: number | null;
  /** Whether the volume goes away together with the virtual machine. */
  readonly DeleteOnTermination: boolean;
  /** Key of the object in its bucket. */
  readonly Filename: string;
  readonly PreSignedUrl: string;
  /** Length of the object in the bucket in bytes, compressed or not. */
  readonly CompressedSize: number;
  /** Virtual size of the disk in bytes. */
  readonly Size: number;
}

/** What the manifest says of the OMI as a whole. */
export interface ManifestImage {
  readonly Name: string;
  readonly Description: string;
  readonly Type: 'machine';
  readonly Public: false;
  readonly Architecture: Architecture;
  readonly ProductTypes: readonly ProductType[];
  /** Account id of whoever exports the OMI. */
  readonly User?: string | undefined;
  readonly Snapshots: readonly ManifestSnapshot[];
}

/** The OMI manifest, with every key that any generation of its documentation asks for. */
export interface Manifest {
  readonly Version: 1;
  readonly Image: ManifestImage;
}

interface FaultParams {
  readonly error: (issue: { readonly input?: unknown }) => string;
}

/** The message of a rule: what was found, then `advice`, which says what is allowed. */
export function says(what: string, advice: string, show: (input: unknown) => string = shown): FaultParams {
  return {
    error: ({ input }) =>
      input === undefined
        ? `${what} is missing; ${advice}`
        : `${what} ${show(input)} is not allowed; ${advice}`,
  };
}

function shown(input: unknown): string {
  if (typeof input === 'string') return quoted(input);
  if (input === null || typeof input === 'number' || typeof input === 'boolean') return String(input);
  return Array.isArray(input) ? 'given as a list' : `given as ${typeof input}`;
}

function shownUrl(input: unknown): string {
  return typeof input === 'string' ? quotedUrl(input) : shown(input);
}

const device = says('device', `use ${rootDevice}, /dev/sd[b-z][a-z]? or /dev/xvd[b-z][a-z]?`);
const iops = says('iops', `use a whole number from 1 to ${maximumIops}`);
const size = says('virtual size', `use 1 byte to ${maximumVolumeGib} GiB, in bytes`);
const objectSize = says('object size', 'use the length of the file in bytes, 1 or more');
const ordering = says('ordering', 'use a whole number, 0 or more');
const filename = says('filename', 'use the key of the object in its bucket');
const url = says('URL', 'use a pre-signed http or https URL', shownUrl);

/** The rules of what a person chooses for a disk, which a plan has as well. */
export const diskRules = {
  device: z.string(device).regex(devicePattern, device),
  volumeType: z.enum(volumeTypes, says('volume type', `use ${volumeTypes.join(', ')}`)),
  iops: z.int(iops).min(1, iops).max(maximumIops, iops),
  deleteOnTermination: z.boolean(says('delete-on-termination', 'use true or false')),
};

const snapshotSchema = z.strictObject(
  {
    Ordering: z.int(ordering).min(0, ordering),
    Device: diskRules.device,
    VolumeType: diskRules.volumeType,
    Iops: diskRules.iops.nullable(),
    DeleteOnTermination: diskRules.deleteOnTermination,
    Filename: z.string(filename).min(1, filename),
    PreSignedUrl: z.string(url).refine(isHttpUrl, url),
    CompressedSize: z.int(objectSize).min(1, objectSize),
    Size: z
      .int(size)
      .min(1, size)
      .max(maximumVolumeGib * bytesPerGib, size),
  },
  keysOf('snapshot'),
);

type Report = (message: string, path: readonly (string | number)[]) => void;

const snapshotsSchema = z
  .array(snapshotSchema, says('snapshot list', 'use a list with one entry per disk'))
  .min(1, { error: 'there is no disk; give at least one' })
  .max(maximumDisks, {
    error: ({ input }) => `there are ${lengthOf(input)} disks; use at most ${maximumDisks}`,
  })
  .superRefine(
    (snapshots, context) => {
      const report: Report = (message, path) =>
        context.addIssue({ code: 'custom', message, path: [...path] });
      checkDevices(snapshots, report);
      snapshots.forEach((snapshot, index) => {
        checkIops(snapshot, (message, path) => report(message, [index, ...path]));
      });
    },
    // Rules between entries are tried even when single values are at fault, so that all faults come at once.
    {
      when: ({ value }) =>
        Array.isArray(value) && value.every((entry) => typeof entry === 'object' && entry !== null),
    },
  );

const architecture = says('architecture', `use ${architectures.join(' or ')}`);
const productType = says('product type', `use ${productTypes.join(', ')}`);
const name = says('name', 'use 3 to 128 characters of A-Z a-z 0-9 _ ( ) / . - and space');
const user = says('user', 'use the 12 digits of an account id');

/** The rules of what a person says of an OMI, which a plan has as well. */
export const imageRules = {
  name: z.string(name).regex(namePattern, name),
  description: z.string(says('description', 'use a text, which may be empty')),
  architecture: z.enum(architectures, architecture),
  productTypes: z
    .array(
      z.enum(productTypes, productType),
      says('product type list', `use a list of ${productTypes.join(', ')}`),
    )
    .min(1, { error: `there is no product type; use ${productTypes.join(', ')}` })
    .refine((codes) => new Set(codes).size === codes.length, {
      error: 'a product type is listed twice; name each once',
    }),
  user: z.string(user).regex(userPattern, user),
};

const imageSchema = z.strictObject(
  {
    Name: imageRules.name,
    Description: imageRules.description,
    Type: z.literal('machine', says('type', 'use machine')),
    Public: z.literal(false, says('public', 'use false')),
    Architecture: imageRules.architecture,
    ProductTypes: imageRules.productTypes,
    User: imageRules.user.optional(),
    Snapshots: snapshotsSchema,
  },
  keysOf('image'),
);

/**
 * The manifest as omiforge writes it: every rule of the service that can be known locally, with no other keys.
 * The messages of its issues are whole sentences for people.
 */
export const manifestSchema = z.strictObject(
  { Version: z.literal(1, says('version', 'use 1')), Image: imageSchema },
  keysOf('manifest'),
) satisfies z.ZodType<Manifest>;

/** The messages of an object that has keys of its own alone. */
export function keysOf(
  what: string,
  advice = 'use an object',
): { error: (issue: { code?: string; input?: unknown; keys?: unknown }) => string } {
  return {
    error: ({ code, keys, input }) =>
      code === 'unrecognized_keys' && Array.isArray(keys)
        ? `unknown key ${keys.map((key) => quoted(String(key))).join(', ')}; remove it`
        : says(what, advice).error({ input }),
  };
}

function lengthOf(input: unknown): number {
  return Array.isArray(input) ? input.length : 0;
}

function checkDevices(snapshots: readonly ManifestSnapshot[], report: Report): void {
  const firstUse = new Map<string, number>();
  snapshots.forEach(({ Device: name }, index) => {
    if (typeof name !== 'string') return;
    const first = firstUse.get(name);
    if (first === undefined) firstUse.set(name, index);
    else
      report(`device ${quoted(name)} is taken by disk ${first + 1}; give each disk its own`, [
        index,
        'Device',
      ]);
  });
  if (snapshots.length > 0 && !firstUse.has(rootDevice)) {
    report(`no disk has the root device ${rootDevice}; give it to the disk that boots`, []);
  }
}

function checkIops(
  { VolumeType: type, Iops: count, Size: sizeBytes }: ManifestSnapshot,
  report: Report,
): void {
  if (type === 'io1' && count === null) {
    report('volume type io1 needs iops; give a number', ['Iops']);
  } else if (type !== 'io1' && typeof count === 'number') {
    report(`iops ${count} is for volume type io1 only; leave iops out or use io1`, ['Iops']);
  } else if (typeof count === 'number' && typeof sizeBytes === 'number') {
    const allowed = volumeGib(sizeBytes) * maximumIopsPerGib;
    if (count > allowed && allowed < maximumIops) {
      report(`iops ${count} is more than ${maximumIopsPerGib} per GiB; use at most ${allowed}`, ['Iops']);
    }
  }
}

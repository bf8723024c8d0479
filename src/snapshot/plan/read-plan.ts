import { dirname, isAbsolute, join } from 'node:path';
import { defaultLevel } from '../../convert/options.js';
import { chooseDevices } from '../../manifest/create.js';
import { quoted } from '../../manifest/quoted.js';
import { type Batch, type BatchDisk, type BatchImage, folderNameOf, type LocatedBatch } from './batch.js';
import { inOrder, type PlanFault, type Position } from './faults.js';
import { type DocumentPath, readDocument } from './located-document.js';
import { ruleFaults } from './rules.js';
import { diskSchema, planSchema, type WrittenDisk, type WrittenImage, type WrittenPlan } from './schema.js';
import { parseSize } from './sizes.js';

/** For what a plan leaves open. */
export interface PlanDefaults {
  readonly format?: WrittenDisk['format'];
  readonly level?: number | undefined;
  readonly pad?: string | undefined;
}

/** Everything that is wrong with a plan by itself. */
export interface FaultyPlan {
  readonly faults: readonly PlanFault[];
  /** The disks in it that can be read, so that their sources can be looked at; nothing else of it may be used. */
  readonly readable: LocatedBatch;
}

/** A batch, or why its plan is none. */
export type PlanReading = LocatedBatch | FaultyPlan;

/**
 * Reads a plan file. Pure.
 *
 * @param path of the plan file, from whose folder relative sources start
 * @param text its content, YAML or JSON
 */
export function readPlan(path: string, text: string, defaults: PlanDefaults = {}): PlanReading {
  const { value, positionOf, faults } = readDocument(text);
  if (faults.length > 0) return { faults, readable: { batch: { label: path, images: [] }, positionOf } };
  return planOf(value, { label: path, folder: dirname(path), positionOf, defaults });
}

export interface PlanContext {
  readonly label: string;
  /** From which relative sources start. */
  readonly folder: string;
  /** Where the plan says what; undefined where it is made of arguments. */
  readonly positionOf: (path: DocumentPath) => Position | undefined;
  readonly defaults: PlanDefaults;
}

/** The same for a plan that is data already. */
export function planOf(value: unknown, context: PlanContext): PlanReading {
  const written = withDiskMaps(value);
  const parsed = planSchema.safeParse(written);
  const issues = parsed.success ? [] : parsed.error.issues;
  const found = issues.flatMap((issue) => {
    const path = issue.path as DocumentPath;
    // Each key by itself, as each has its place.
    const places = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
    return places.map((place) => ({ path: place, message: messageOf(issue.code, place, issue.message) }));
  });
  const { positionOf } = context;
  const faults = unique([...found, ...ruleFaults(written), ...nameFaults(written)]).map((fault) => ({
    ...fault,
    position: positionOf(fault.path),
  }));
  if (parsed.success && faults.length === 0) return { batch: toBatch(parsed.data, context), positionOf };
  return { faults: inOrder(faults), readable: { batch: readableBatch(written, context), positionOf } };
}

interface RawFault {
  readonly path: DocumentPath;
  readonly message: string;
}

/** A value may break a rule of its own and, by the same words, one between values. */
function unique(faults: readonly RawFault[]): readonly RawFault[] {
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()];
}

function messageOf(code: string | undefined, path: DocumentPath, message: string): string {
  if (code !== 'unrecognized_keys') return message;
  return `unknown key ${quoted(String(path.at(-1)))}; remove it, or see 'omiforge prepare --init' for those there are`;
}

/** A disk may be given as the name of its file alone. */
function withDiskMaps(value: unknown): unknown {
  return mapList(value, 'images', (image) =>
    mapList(image, 'disks', (disk) => (typeof disk === 'string' ? { source: disk } : disk)),
  );
}

function mapList(value: unknown, key: string, change: (item: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const list: unknown = Reflect.get(value, key);
  return Array.isArray(list) ? { ...value, [key]: list.map(change) } : value;
}

function toBatch(plan: WrittenPlan, context: PlanContext): Batch {
  const images = plan.images.map((image, index) => toImage(image, ['images', index], context));
  return { label: context.label, images };
}

function toImage(image: WrittenImage, planPath: DocumentPath, context: PlanContext): BatchImage {
  const devices = chooseDevices(image.disks.map(({ device }) => ({ device })));
  const folder = folderNameOf(image.name);
  return {
    planPath,
    name: image.name,
    folder,
    description: image.description ?? '',
    architecture: image.architecture ?? 'x86_64',
    productTypes: image['product-types'] ?? ['0001'],
    user: image.user,
    disks: image.disks.map((disk, index) =>
      toDisk(disk, index, { planPath, folder, device: devices[index] ?? '' }, context),
    ),
  };
}

interface DiskPlace {
  readonly planPath: DocumentPath;
  readonly folder: string;
  readonly device: string;
}

function toDisk(disk: WrittenDisk, index: number, place: DiskPlace, context: PlanContext): BatchDisk {
  const format = disk.format ?? context.defaults.format ?? 'qcow2.gz';
  return {
    planPath: [...place.planPath, 'disks', index],
    source: disk.source,
    sourcePath: isAbsolute(disk.source) ? disk.source : join(context.folder, disk.source),
    sourceFormat: disk['source-format'],
    snapshot: disk.snapshot,
    device: place.device,
    volumeType: disk['volume-type'] ?? 'standard',
    iops: disk.iops,
    deleteOnTermination: disk['delete-on-termination'] ?? true,
    format,
    level: disk.level ?? context.defaults.level ?? defaultLevel,
    padBytes: parseSize(disk.pad ?? context.defaults.pad ?? ''),
    file: `${place.folder}/disk${index}.${format}`,
  };
}

/** Of a plan that is at fault the disks that are not. */
function readableBatch(written: unknown, context: PlanContext): Batch {
  const images = listOf(written, 'images').map((image, index): BatchImage => {
    const planPath = ['images', index];
    const name = nameOf(image) ?? '';
    const folder = folderNameOf(name);
    const disks = listOf(image, 'disks').flatMap((disk, position) => {
      const { data } = diskSchema.safeParse(disk);
      return data === undefined ? [] : [toDisk(data, position, { planPath, folder, device: '' }, context)];
    });
    return { ...{ planPath, name, folder, disks }, ...unsaid };
  });
  return { label: context.label, images };
}

const unsaid = { description: '', architecture: 'x86_64', productTypes: [], user: undefined } as const;

function listOf(value: unknown, key: string): readonly unknown[] {
  const list: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return Array.isArray(list) ? list : [];
}

function nameOf(image: unknown): string | undefined {
  const name: unknown = typeof image === 'object' && image !== null ? Reflect.get(image, 'name') : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** Names that the service, or the prepared directory, would take for one. */
function nameFaults(written: unknown): readonly RawFault[] {
  const names = listOf(written, 'images').map(nameOf);
  const folders = names.map((name) => (name === undefined ? undefined : folderNameOf(name).toLowerCase()));
  return names.flatMap((name, index) => {
    const path = ['images', index, 'name'];
    const folder = folders[index];
    const first = folder === undefined ? index : folders.indexOf(folder);
    if (name === undefined || first === index) return [];
    const other = names[first] ?? '';
    if (other === name) {
      return [
        { path, message: `name ${quoted(name)} is taken by image ${first + 1}; give each image its own` },
      ];
    }
    const message = `name ${quoted(name)} makes the same folder as ${quoted(other)} (${folder}); make them differ in letters or digits`;
    return [{ path, message }];
  });
}

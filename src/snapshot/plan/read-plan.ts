import { dirname, isAbsolute, join } from 'node:path';
import { defaultLevel } from '../../convert/options.js';
import { chooseDevices } from '../../manifest/create.js';
import { quoted } from '../../manifest/quoted.js';
import { type Batch, type BatchDisk, type BatchImage, folderNameOf, type LocatedBatch } from './batch.js';
import { inOrder, type PlanFault, type Position } from './faults.js';
import { type DocumentPath, readDocument } from './located-document.js';
import { ruleFaults } from './rules.js';
import { planSchema, type WrittenDisk, type WrittenImage, type WrittenPlan } from './schema.js';
import { parseSize } from './sizes.js';

/** For what a plan leaves open. */
export interface PlanDefaults {
  readonly format?: WrittenDisk['format'];
  readonly level?: number | undefined;
  readonly pad?: string | undefined;
}

/** A batch, or everything that is wrong with its plan. */
export type PlanReading = LocatedBatch | { readonly faults: readonly PlanFault[] };

/**
 * Reads a plan file. Pure.
 *
 * @param path of the plan file, from whose folder relative sources start
 * @param text its content, YAML or JSON
 */
export function readPlan(path: string, text: string, defaults: PlanDefaults = {}): PlanReading {
  const document = readDocument(text);
  if (document.faults.length > 0) return { faults: document.faults };
  return planOf(document.value, {
    label: path,
    folder: dirname(path),
    positionOf: document.positionOf,
    defaults,
  });
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
  const faults = [...found, ...ruleFaults(written)].map((fault) => ({
    ...fault,
    position: context.positionOf(fault.path),
  }));
  if (!parsed.success || faults.length > 0) return { faults: inOrder(faults) };
  const batch = toBatch(parsed.data, context);
  const clashes = nameFaults(batch).map((fault) => ({ ...fault, position: context.positionOf(fault.path) }));
  return clashes.length > 0 ? { faults: inOrder(clashes) } : { batch, positionOf: context.positionOf };
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
    padBytes: disk.pad === undefined ? undefined : parseSize(disk.pad),
    file: `${place.folder}/disk${index}.${format}`,
  };
}

/** Names that the service, or the prepared directory, would take for one. */
function nameFaults({ images }: Batch): { path: DocumentPath; message: string }[] {
  return images.flatMap(({ name, folder, planPath }, index) => {
    const path = [...planPath, 'name'];
    const first = images.findIndex((other) => other.folder.toLowerCase() === folder.toLowerCase());
    if (first === index) return [];
    const other = images[first]?.name ?? '';
    if (other === name) {
      return [
        { path, message: `name ${quoted(name)} is taken by image ${first + 1}; give each image its own` },
      ];
    }
    const message = `name ${quoted(name)} makes the same folder as ${quoted(other)} (${folder}); make them differ in letters or digits`;
    return [{ path, message }];
  });
}

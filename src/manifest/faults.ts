import { inOneLine } from './quoted.js';
import { manifestSchema } from './schema.js';

/** Why a manifest would be refused. */
export interface ManifestFault {
  /** Where, in words: `manifest`, `image`, `disks` or `disk 2 (data.qcow2.gz)`. */
  readonly place: string;
  /** What was found and what is allowed. */
  readonly message: string;
}

/** Every fault of `candidate` that can be known without asking the service, in the order of the document. */
export function manifestFaults(candidate: unknown): readonly ManifestFault[] {
  const outcome = manifestSchema.safeParse(candidate);
  if (outcome.success) return [];
  const names = diskNames(candidate);
  return outcome.error.issues.map(({ path, message }) => ({ place: placeOf(path, names), message }));
}

/** Several faults as one line, numbered when there is more than one. */
export function faultLine(faults: readonly ManifestFault[]): string {
  const sentences = faults.map(({ place, message }) => `${place}: ${message}`);
  if (sentences.length === 1) return sentences.join();
  return `${sentences.length} faults: ${sentences.map((sentence, index) => `(${index + 1}) ${sentence}`).join('; ')}`;
}

/** How messages name a disk: its position from 1 and its key. */
export function diskPlace(index: number, filename: string | undefined): string {
  return filename === undefined ? `disk ${index + 1}` : `disk ${index + 1} (${inOneLine(filename)})`;
}

function placeOf(path: readonly PropertyKey[], names: readonly (string | undefined)[]): string {
  const [root, list, index] = path;
  if (root !== 'Image') return 'manifest';
  if (list !== 'Snapshots') return 'image';
  return typeof index === 'number' ? diskPlace(index, names[index]) : 'disks';
}

function diskNames(candidate: unknown): readonly (string | undefined)[] {
  const snapshots = member(member(candidate, 'Image'), 'Snapshots');
  if (!Array.isArray(snapshots)) return [];
  return snapshots.map((snapshot) => {
    const filename = member(snapshot, 'Filename');
    return typeof filename === 'string' && filename !== '' ? filename : undefined;
  });
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

import { basename } from 'node:path';
import { diskPlace } from './faults.js';
import { quoted } from './quoted.js';
import type { SignedObject } from './signed-objects.js';

/** A local image file with the object that holds, or will hold, the same bytes. */
export interface PlacedFile {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  readonly container: 'plain' | 'gz';
  readonly object: SignedObject;
}

/** What is suspicious about the objects of a manifest, one line each: nothing that the service is known to refuse. */
export function objectWarnings(files: readonly PlacedFile[]): readonly string[] {
  return files.flatMap(fileWarnings);
}

/** The moment from which the first of the URLs stops working; undefined when none says when it does. */
export function earliestExpiry(files: readonly PlacedFile[]): Date | undefined {
  const dates = files.flatMap(({ object }) => object.facts.expiresAt ?? []);
  return dates.toSorted((one, other) => one.getTime() - other.getTime())[0];
}

function fileWarnings({ path, format, container, object }: PlacedFile, index: number): readonly string[] {
  const place = diskPlace(index, object.key);
  const warnings: string[] = [];
  if (basename(object.key) !== basename(path)) {
    warnings.push(
      `${place}: the object and the file ${quoted(basename(path))} have different names; check that the URLs are in the order of the files`,
    );
  }
  const ending = container === 'gz' ? `.${format}.gz` : `.${format}`;
  if (!object.key.endsWith(ending)) {
    warnings.push(
      `${place}: the name of the object does not end in ${ending}, which is what its content is; rename it in case the service goes by names`,
    );
  }
  return [...warnings, ...object.doubts.map((doubt) => `${place}: ${doubt}`)];
}

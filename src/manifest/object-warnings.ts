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

/** Imports were seen to wait in the queue for more than an hour before they read the first byte. */
const riskyLifeHours = 2;

/** What is suspicious about the objects of a manifest, one line each: nothing that the service is known to refuse. */
export function objectWarnings(files: readonly PlacedFile[], now: Date): readonly string[] {
  return [...files.flatMap(fileWarnings), ...lifeWarnings(files, now)];
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
  if (!object.facts.signed) {
    warnings.push(
      `${place}: the URL carries no signature; the import fails unless the object is public, so pre-sign it`,
    );
  }
  return warnings;
}

function lifeWarnings(files: readonly PlacedFile[], now: Date): readonly string[] {
  const warnings: string[] = [];
  const expiry = earliestExpiry(files);
  if (expiry !== undefined && expiry.getTime() - now.getTime() < riskyLifeHours * 3_600_000) {
    warnings.push(
      `a URL works until ${expiry.toISOString()} only; imports have waited in the queue for more than an hour, so sign for longer`,
    );
  }
  if (files.some(({ object }) => object.facts.temporary)) {
    warnings.push(
      'the URLs are signed with temporary keys and stop working when these end; use lasting keys',
    );
  }
  return warnings;
}

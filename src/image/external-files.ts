import { dirname } from 'node:path';
import { addon } from '../native/addon.js';
import type { ImageRef } from '../workers/jobs.js';

/**
 * Whether the backing and data files that a qcow2 names are read: `true` where they are in the folder of the image, or
 * the folder in which they must be. Names start from the image that has them in either case.
 */
export type AllowExternal = boolean | string;

/** The folder in which the other files of an image must be; undefined where none is read. */
export function externalFolderOf(path: string, allow: AllowExternal | undefined): string | undefined {
  if (allow === undefined || allow === false) return undefined;
  return allow === true ? dirname(path) : allow;
}

/** The paths of all other files that are read for an image. */
export function externalFilesOf(ref: ImageRef): readonly string[] {
  if (ref.externalFolder === undefined || ref.format === 'raw') return [];
  const image = addon.openImage(ref.path, ref.format, ref);
  try {
    const facts = image.info();
    return facts.format === 'qcow2' ? (facts.externalFiles ?? []) : [];
  } finally {
    image.close();
  }
}

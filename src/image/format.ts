import type { ImageFormat } from '../native/boundary.js';

export type { ImageFormat };

/** How the image's bytes are wrapped: not at all, or as one gzip file. */
export type Container = 'plain' | 'gz';

/** A format with its container, as users write it. */
export type FormatName = 'raw' | 'qcow2' | 'raw.gz' | 'qcow2.gz';

export const formatNames: readonly FormatName[] = ['raw', 'qcow2', 'raw.gz', 'qcow2.gz'];

export interface FormatInContainer {
  readonly format: ImageFormat;
  readonly container: Container;
}

const byName: Readonly<Record<FormatName, FormatInContainer>> = {
  raw: { format: 'raw', container: 'plain' },
  qcow2: { format: 'qcow2', container: 'plain' },
  'raw.gz': { format: 'raw', container: 'gz' },
  'qcow2.gz': { format: 'qcow2', container: 'gz' },
};

export function isFormatName(text: string): text is FormatName {
  return Object.hasOwn(byName, text);
}

export function splitFormat(name: FormatName): FormatInContainer {
  return byName[name];
}

export function joinFormat({ format, container }: FormatInContainer): FormatName {
  return container === 'gz' ? `${format}.gz` : format;
}

/** The format that a file name's ending states: `.raw`, `.img` or `.qcow2`, each with or without `.gz`. */
export function formatOfFileName(path: string): FormatName | undefined {
  const ending = /\.(raw|img|qcow2)(\.gz)?$/i.exec(path);
  if (ending === null) return undefined;
  const format = ending[1]?.toLowerCase() === 'qcow2' ? 'qcow2' : 'raw';
  return joinFormat({ format, container: ending[2] === undefined ? 'plain' : 'gz' });
}

/** A virtual disk is made of sectors of 512 bytes: a raw file that ends within one counts in full. */
export function wholeSectors(sizeBytes: number): number {
  return Math.ceil(sizeBytes / 512) * 512;
}

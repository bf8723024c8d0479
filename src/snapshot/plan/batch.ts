import type { FormatName } from '../../image/format.js';
import type { Architecture, ProductType, VolumeType } from '../../manifest/rules.js';
import type { Position } from './faults.js';
import type { DocumentPath } from './located-document.js';

/** One disk of a batch, with every default in its place. */
export interface BatchDisk {
  /** Where the plan has it. */
  readonly planPath: DocumentPath;
  /** As the plan names it. */
  readonly source: string;
  /** The same, from the current folder or from the root. */
  readonly sourcePath: string;
  readonly sourceFormat: FormatName | undefined;
  readonly snapshot: string | undefined;
  readonly device: string;
  readonly volumeType: VolumeType;
  readonly iops: number | undefined;
  readonly deleteOnTermination: boolean;
  readonly format: FormatName;
  /** Of a .gz. */
  readonly level: number;
  /** The virtual size becomes a multiple of it. */
  readonly padBytes: number | undefined;
  /** The file that is made, from the prepared directory: `web-2026/disk0.qcow2.gz`. */
  readonly file: string;
}

/** One OMI of a batch. */
export interface BatchImage {
  readonly planPath: DocumentPath;
  readonly name: string;
  /** Its folder in the prepared directory. */
  readonly folder: string;
  readonly description: string;
  readonly architecture: Architecture;
  readonly productTypes: readonly ProductType[];
  readonly user: string | undefined;
  /** The disk that boots first. */
  readonly disks: readonly BatchDisk[];
}

/** What one run prepares. */
export interface Batch {
  /** How messages name the plan. */
  readonly label: string;
  readonly images: readonly BatchImage[];
}

/** A batch whose plan knows where it says what. */
export interface LocatedBatch {
  readonly batch: Batch;
  /** Undefined where the plan is made of arguments. */
  readonly positionOf: (path: DocumentPath) => Position | undefined;
}

// Of names of files in all file systems, the shortest limit is 255 bytes.
const longestFolderName = 100;

/**
 * A name of an OMI as the name of a folder: what could lead elsewhere, or is awkward in a shell, becomes a hyphen. Never
 * empty, never hidden, never that of the report.
 */
export function folderNameOf(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll(/^[.-]+|[.-]+$/g, '');
  const folder = plain.slice(0, longestFolderName) || 'image';
  return folder.toLowerCase() === 'report.json' ? `${folder}-image` : folder;
}

import { ForgeError } from '../errors.js';
import type { FormatInContainer, FormatName } from '../image/format.js';
import { formatNames, formatOfFileName, splitFormat } from '../image/format.js';
import { hasPadding, type Padding } from '../image/padding.js';
import type {
  ClusterCompression,
  Compression,
  CompressionType,
  EngineFacts,
  EngineName,
} from '../native/boundary.js';
import { clusterCompressionFor, compressionFor } from './compression.js';
import { defaultLevel } from './options.js';

/** One end of a conversion, as far as the plan needs to know it. */
export interface PlannedEnd extends FormatInContainer {
  /** A pipe or another stream instead of a file. */
  readonly isStream: boolean;
  /** Of a .gz: it has an index, by which it can be read at any offset. */
  readonly isIndexed?: boolean | undefined;
}

/** How the clusters of a qcow2 are compressed. */
export interface PlannedClusters {
  readonly compression: ClusterCompression;
  /** Compress also what is stored as such clusters in the source, instead of taking it as it is. */
  readonly recompress: boolean;
}

/** What a conversion will do, decided before it begins. */
export interface Plan {
  /**
   * How the source becomes readable at any offset: it is already (`none`), its content is written to a temporary
   * file first (`file`), or what of it is not known to be guest bytes by the time it comes, as these are written to
   * the target at once (`rest`), or the content is the target, which it is written to at once (`target`).
   */
  readonly spill: 'none' | 'file' | 'rest' | 'target';
  readonly sink: 'placed' | 'raw content' | 'qcow2';
  /** A first pass finds the zero clusters, because the front matter cannot be filled in at the end. */
  readonly scansFirst: boolean;
  /**
   * Workers write the clusters of the qcow2 themselves: where they go is known before they are read, as a look at their
   * first bytes tells which have data.
   */
  readonly placesClusters: boolean;
  /** How a .gz is deflated; undefined for any other target. */
  readonly compression: Compression | undefined;
  /** Set where the clusters of a qcow2 are compressed. */
  readonly clusters: PlannedClusters | undefined;
}

/** What of the options decides how to convert. */
export interface PlanOptions extends Padding {
  readonly level?: number | undefined;
  readonly engine?: EngineName | undefined;
  readonly clusterCompression?: CompressionType | undefined;
  /** The target is compared with the source afterwards, which has to be readable once more for that. */
  readonly verify?: boolean | undefined;
  /** The segments of the source are read once more, in guest order. */
  readonly digest?: boolean | undefined;
  readonly snapshot?: string | undefined;
  /** The engines of this build. */
  readonly engines: readonly EngineFacts[];
}

/**
 * Decides how to convert. Pure.
 *
 * @throws ForgeError ENGINE_UNAVAILABLE, or ARGUMENT_INVALID for what does not go together
 */
export function planConversion(source: PlannedEnd, target: PlannedEnd, options: PlanOptions): Plan {
  return {
    spill: planSpill(source, target, options),
    sink:
      target.format === 'qcow2'
        ? 'qcow2'
        : target.container === 'plain' && !target.isStream
          ? 'placed'
          : 'raw content',
    placesClusters:
      target.format === 'qcow2' &&
      target.container === 'plain' &&
      !target.isStream &&
      options.clusterCompression === undefined,
    scansFirst: target.format === 'qcow2' && target.isStream,
    compression: target.container === 'gz' ? containerCompression(options) : undefined,
    clusters: planClusters(target, options),
  };
}

// Compressed clusters hardly get smaller once more.
const levelAroundClusters = 1;

function containerCompression({ level, engine, clusterCompression, engines }: PlanOptions): Compression {
  if (clusterCompression !== undefined) return compressionFor(levelAroundClusters, undefined, engines);
  return compressionFor(level ?? defaultLevel, engine, engines);
}

function planClusters(target: PlannedEnd, options: PlanOptions): PlannedClusters | undefined {
  const { level, engine, clusterCompression, engines } = options;
  if (clusterCompression === undefined) return undefined;
  if (target.format !== 'qcow2') {
    throw new ForgeError(
      'ARGUMENT_INVALID',
      'a raw target has no clusters to compress; choose qcow2 or qcow2.gz, or raw.gz without compressed clusters',
    );
  }
  return {
    compression: clusterCompressionFor(clusterCompression, level, engine, engines),
    recompress: level !== undefined || engine !== undefined,
  };
}

function planSpill(source: PlannedEnd, target: PlannedEnd, options: PlanOptions): Plan['spill'] {
  const { verify, digest, snapshot } = options;
  if (!source.isStream && (source.container === 'plain' || source.isIndexed === true)) return 'none';
  const isRawFile = target.format === 'raw' && target.container === 'plain' && !target.isStream;
  const isReadAgain = verify === true || digest === true;
  if (!isRawFile || isReadAgain || hasPadding(options)) return 'file';
  if (source.format === 'raw') return 'target';
  // Where the tables of a snapshot are is known once all of the image has come.
  return snapshot === undefined ? 'rest' : 'file';
}

/**
 * The format of a target: the stated one, else what its name's ending says.
 *
 * @param path undefined for a stream
 * @throws ForgeError ARGUMENT_INVALID
 */
export function targetFormat(path: string | undefined, stated: FormatName | undefined): FormatInContainer {
  if (stated !== undefined) return splitFormat(stated);
  const named = path === undefined ? undefined : formatOfFileName(path);
  if (named !== undefined) return splitFormat(named);
  const place =
    path === undefined ? 'standard output has no name' : 'the name does not end in .raw, .img or .qcow2';
  throw new ForgeError(
    'ARGUMENT_INVALID',
    `the target's format is not known: ${place}; state one of ${formatNames.join(', ')} with -O`,
    { path },
  );
}

import { estimateSizes, sumOf } from '../convert/measuring/estimate.js';
import type { Meter } from '../convert/measuring/meter.js';
import type { Sample } from '../convert/measuring/sample.js';
import type { Compression } from '../native/boundary.js';
import { median } from './statistics.js';

// Three slices at least make a median, where there is time.
const rounds = 3;

/** One setting with one number of threads, and what was measured so far. */
export interface Cell {
  readonly compression: Compression;
  readonly meter: Meter;
  /** Bytes per second of each slice. */
  readonly rates: number[];
  readonly sizes: Map<number, number>;
  /** Does all pieces at once, for the others of its engine to be compared with: engines differ from piece to piece. */
  readonly isAnchor: boolean;
  spentMs: number;
  nextPiece: number;
}

export interface RoundOptions {
  /** For all cells together; each is measured once whatever it takes. */
  readonly budgetMs: number;
  readonly onSlice?: ((doneShare: number, cell: Cell) => void) | undefined;
}

/** @param compressions the levels of one engine in ascending order, then those of the next one */
export function createCells(compressions: readonly Compression[], meters: readonly Meter[]): readonly Cell[] {
  const isFirst = ({ engine, level }: Compression) =>
    level > 0 &&
    !compressions.some((other) => other.engine === engine && other.level > 0 && other.level < level);
  return compressions.flatMap((compression) =>
    meters.map((meter, index) => ({
      compression,
      meter,
      rates: [],
      sizes: new Map(),
      isAnchor: isFirst(compression) && index === meters.length - 1,
      spentMs: 0,
      nextPiece: 0,
    })),
  );
}

/**
 * Measures all cells in turn, a slice each, round after round, so that whatever else the machine does meanwhile meets
 * all of them alike. A slow level, of which a slice has only a piece, gets fewer slices.
 *
 * @throws the signal's reason of the meters' pools, or whatever reading the sample fails with
 */
export async function measureInRounds(
  cells: readonly Cell[],
  sample: Sample,
  { budgetMs, onSlice }: RoundOptions,
): Promise<void> {
  const shareMs = budgetMs / cells.length;
  const startedMs = performance.now();
  for (let left = cells; left.length > 0; left = left.filter(({ spentMs }) => spentMs < shareMs)) {
    for (const [index, cell] of left.entries()) {
      const elapsedMs = performance.now() - startedMs;
      if (cell.rates.length > 0 && elapsedMs > budgetMs) return;
      // Only the first round goes on when time is up.
      onSlice?.(Math.min(cell.rates.length === 0 ? index / cells.length : 1, elapsedMs / budgetMs), cell);
      await measureSlice(cell, sample, shareMs / rounds);
    }
  }
}

async function measureSlice(cell: Cell, { pieces }: Sample, lengthMs: number): Promise<void> {
  const { compression, meter, nextPiece: first } = cell;
  const leastPieces = cell.isAnchor && cell.rates.length === 0 ? pieces.length : 0;
  const startedMs = performance.now();
  const measurement = await meter.measure(pieces, compression, { lengthMs, first, leastPieces });
  cell.spentMs += performance.now() - startedMs;
  cell.nextPiece = (first + measurement.pieces) % pieces.length;
  cell.rates.push(measurement.bytesPerSecond);
  for (const [index, sizeBytes] of measurement.sizes) cell.sizes.set(index, sizeBytes);
}

export function rateOf({ rates }: Cell): number {
  return median(rates);
}

/**
 * The ratio of every compression, for the whole sample, though not all have done all of its pieces: each is compared with
 * the one before it, which is the next faster level of the same engine. Pure.
 *
 * @returns by the name that {@link nameOf} gives
 */
export function ratiosOf(cells: readonly Cell[], sample: Sample): ReadonlyMap<string, number> {
  const ratios = new Map<string, number>();
  let similar = sample.referenceSizes;
  let engine: string | undefined;
  for (const { compression } of cells) {
    const name = nameOf(compression);
    if (ratios.has(name)) continue;
    if (compression.engine !== engine) similar = sample.referenceSizes;
    engine = compression.engine;
    const ofSetting = cells.filter((cell) => nameOf(cell.compression) === name);
    const sizes = estimateSizes(similar, new Map(ofSetting.flatMap((cell) => [...cell.sizes])));
    // What is only stored says nothing of how pieces compare that are compressed.
    if (compression.level > 0) similar = sizes;
    ratios.set(name, sumOf(sizes) / sample.contentBytes);
  }
  return ratios;
}

/** Such as "libdeflate 6". */
export function nameOf({ engine, level }: Compression): string {
  return `${engine} ${level}`;
}

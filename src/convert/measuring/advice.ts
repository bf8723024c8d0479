/** How one level does on an image and a machine. */
export interface MeasuredLevel {
  readonly level: number;
  /** Content compressed in a second by all threads together. */
  readonly bytesPerSecond: number;
  /** Compressed size to content. */
  readonly ratio: number;
}

/** What is to be done with an image: compressed by so many threads, and uploaded meanwhile. */
export interface Transfer {
  readonly contentBytes: number;
  readonly bandwidthBitsPerSecond: number;
  readonly threads: number;
  /** What one thread compresses before any of it can be sent. */
  readonly segmentBytes: number;
}

/** How long that will take at a level. */
export interface Forecast {
  readonly level: number;
  /** Compressing alone. */
  readonly compressMs: number;
  /** Uploading alone. */
  readonly uploadMs: number;
  /** Both, side by side. */
  readonly totalMs: number;
  readonly compressedBytes: number;
}

/**
 * How long it takes until an image is compressed and uploaded. The two overlap, so the slower one decides: uploading
 * begins when the first segment is compressed, and ends when the last one, after all others, is sent. Pure.
 */
export function forecast({ level, bytesPerSecond, ratio }: MeasuredLevel, transfer: Transfer): Forecast {
  const { contentBytes, threads } = transfer;
  const uploadedPerMs = transfer.bandwidthBitsPerSecond / 8 / 1000;
  const compressedPerMs = bytesPerSecond / 1000;
  const compressedBytes = contentBytes * ratio;
  const segmentBytes = Math.min(transfer.segmentBytes, contentBytes);
  const compressMs = contentBytes / compressedPerMs;
  const uploadMs = compressedBytes / uploadedPerMs;
  // One thread does the first segment; it takes no longer than all of a small image takes.
  const firstMs = Math.min(compressMs, (segmentBytes * threads) / compressedPerMs);
  const lastMs = (segmentBytes * ratio) / uploadedPerMs;
  const totalMs = Math.max(firstMs + uploadMs, compressMs + lastMs);
  return { level, compressMs, uploadMs, totalMs, compressedBytes };
}

/**
 * The level that has an image in the bucket soonest; of two that take the same time the one whose file is smaller. Pure.
 *
 * @param levels one or more
 */
export function soonest(levels: readonly MeasuredLevel[], transfer: Transfer): Forecast {
  return levels.map((level) => forecast(level, transfer)).reduce((a, b) => (isBetter(b, a) ? b : a));
}

function isBetter(a: Forecast, b: Forecast): boolean {
  if (a.totalMs !== b.totalMs) return a.totalMs < b.totalMs;
  return a.compressedBytes < b.compressedBytes;
}

import type { LevelChoice } from '../convert/options.js';
import { roughDurationText } from './durations.js';
import { bandwidthText, bytesText } from './quantities.js';

/** Which level was taken, and why, in one line. */
export function levelChoiceText(choice: LevelChoice): string {
  const { level, compression, contentBytes, bandwidthBitsPerSecond, compressMs, uploadMs, totalMs } = choice;
  const took = `took level ${level} (${compression.engine} ${compression.level})`;
  if (choice.measured.length === 0) return `${took}, the default: there is no data to measure with`;
  return (
    `${took}: ${bytesText(contentBytes)} of data take ${roughDurationText(compressMs)} to compress here and ` +
    `${roughDurationText(uploadMs)} to upload at ${bandwidthText(bandwidthBitsPerSecond)}, side by side ` +
    `${roughDurationText(totalMs)}; no other level takes less`
  );
}

/** The same for programs. */
export function levelChoiceJson(choice: LevelChoice): Record<string, unknown> {
  const { compression, measured } = choice;
  return {
    engine: compression.engine,
    'engine-level': compression.level,
    bandwidth: choice.bandwidthBitsPerSecond,
    'data-bytes': choice.contentBytes,
    'compressed-bytes': Math.round(choice.compressedBytes),
    'compress-ms': Math.round(choice.compressMs),
    'upload-ms': Math.round(choice.uploadMs),
    'total-ms': Math.round(choice.totalMs),
    measured: measured.map(({ level, bytesPerSecond, ratio }) => ({
      level,
      'bytes-per-second': Math.round(bytesPerSecond),
      ratio,
    })),
  };
}

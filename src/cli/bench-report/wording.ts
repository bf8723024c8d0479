import type { Advice, BenchResult, MeasuredSetting } from '../../bench/options.js';
import { defaultLevel } from '../../convert/options.js';
import { printable } from '../../printable.js';
import { roughDurationText } from '../durations.js';
import { bandwidthText, bytesText, rateText, roughBytesText } from '../quantities.js';

function threadsText(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

export function settingHeads({ threads }: BenchResult): readonly string[] {
  return [
    'engine',
    'level',
    '--level',
    ...threads.map(threadsText),
    'ratio',
    ...threads.map((count) => `memory, ${count}`),
    'best',
  ];
}

/** One setting as text, cell by cell: {@link settingHeads} are the heads. */
export function settingCells({
  compression,
  userLevels,
  ratio,
  runs,
  isOnFront,
}: MeasuredSetting): readonly string[] {
  return [
    compression.engine,
    `${compression.level}`,
    userLevels.length > 1 ? `${userLevels[0]} to ${userLevels.at(-1)}` : userLevels.join(''),
    ...runs.map(({ bytesPerSecond }) => rateText(bytesPerSecond, 1000)),
    ratio.toFixed(4),
    ...runs.map(({ peakBytes }) => (peakBytes === undefined ? '-' : roughBytesText(peakBytes))),
    isOnFront ? '*' : '',
  ];
}

export const adviceHeads = [
  'link',
  'take',
  'done in',
  'compressing',
  'uploading',
  'size',
  `--level ${defaultLevel}`,
];

/** One link as text; the last cell is what the default level would take. */
export function adviceCells({ bandwidthBitsPerSecond, best, forecasts }: Advice): readonly string[] {
  const usual = forecasts.find(({ level }) => level === defaultLevel);
  return [
    bandwidthText(bandwidthBitsPerSecond),
    `--level ${best.level}`,
    roughDurationText(best.totalMs),
    roughDurationText(best.compressMs),
    roughDurationText(best.uploadMs),
    roughBytesText(best.compressedBytes),
    usual === undefined ? '' : roughDurationText(usual.totalMs),
  ];
}

/** What was measured. */
export function subjectText({ subject }: BenchResult): string {
  const { isImage, sampleBytes, contentBytes } = subject;
  const name = printable(subject.name);
  const sample = bytesText(sampleBytes);
  if (isImage) return `${name}: a sample of ${sample}, from all over its ${bytesText(contentBytes)} of data`;
  return `no image was named: measured on ${name} of this machine, ${sample} in all`;
}

/** How to read the table, sentence by sentence. */
export function methodSentences({ threads }: BenchResult): readonly string[] {
  const most = threads.at(-1) ?? 1;
  return [
    'Speed is that of the data, in the workers that conversions use: read from memory, zeros left out, compressed, CRC-32. How fast a disk gives it is not measured.',
    'All settings are measured in turn, again and again; the median counts.',
    'The ratio is compressed size to data. "level" is the engine\'s own, "--level" what omiforge calls it.',
    'Memory is the peak of a process that compresses with so many threads and does nothing else; - where there was no time to find out.',
    `* with ${threadsText(most)} nothing else is both faster and smaller.`,
  ];
}

/** What the advice is about, and how it is made. */
export function adviceSentences({ subject, threads }: BenchResult): readonly string[] {
  const data = bytesText(subject.contentBytes);
  const what = subject.isImage
    ? `the ${data} of data in this image`
    : `${data} of such data, by way of example`;
  return [
    `For ${what}, with ${threadsText(threads.at(-1) ?? 1)}, where compressing and uploading go on side by side:`,
    'time = max(first segment compressed + upload of all, all compressed + upload of the last segment); a segment is 4 MiB.',
  ];
}

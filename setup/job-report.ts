import { relative } from 'node:path';
import { durationText } from '../src/cli/durations.js';
import { bytesText, rateText, ratioText } from '../src/cli/quantities.js';

/** What the main job did, in bytes and milliseconds. */
export interface JobFacts {
  readonly source: string;
  readonly target: string;
  readonly manifest: string;
  readonly virtualSizeBytes: number;
  readonly dataBytes: number;
  readonly writtenBytes: number;
  /** Until the image was written. */
  readonly conversionMs: number;
  /** From there until it was read back and found to be the same. */
  readonly verificationMs: number;
  readonly urlsExpireAt: Date | undefined;
}

function asMinute(date: Date | undefined): string {
  return date === undefined ? 'it does not say' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A path as short as it can be written from `folder`. */
function shortPath(path: string, folder: string): string {
  const fromFolder = relative(folder, path);
  return fromFolder.startsWith('..') ? path : fromFolder;
}

/** A path as one word of a shell's command line. */
function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** The table of what was done; paths are shown as seen from `folder`. */
export function reportTable(facts: JobFacts, folder: string): string {
  const { virtualSizeBytes, dataBytes, writtenBytes, conversionMs, verificationMs } = facts;
  const rows: readonly (readonly [string, string])[] = [
    ['disk', shortPath(facts.source, folder)],
    ['image', shortPath(facts.target, folder)],
    ['manifest', shortPath(facts.manifest, folder)],
    ['virtual size', bytesText(virtualSizeBytes)],
    ['data in it', bytesText(dataBytes)],
    [
      'qcow2.gz',
      `${bytesText(writtenBytes)}, ${dataBytes === 0 ? 'no data' : `ratio ${ratioText(writtenBytes, dataBytes)}`}`,
    ],
    [
      'converted in',
      `${durationText(conversionMs)}, ${dataBytes === 0 ? 'no data' : `${rateText(dataBytes, conversionMs)} of data`}`,
    ],
    ['verified in', `${durationText(verificationMs)}, reads back as the disk`],
    ['URL works until', `${asMinute(facts.urlsExpireAt)}, signed with throw-away keys`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

/** Commands to go on with. */
export function nextLines({ target }: JobFacts, folder: string): string {
  const image = shellWord(shortPath(target, folder));
  const omiforge = 'node dist/src/cli/main.js';
  return [
    `next: ${omiforge} info ${image}`,
    `next: ${omiforge} manifest create --name my-omi --bucket MY-BUCKET -o my-omi.json ${image}`,
  ].join('\n');
}

import { longDurationText } from '../durations.js';
import { bytesText } from '../quantities.js';
import { type Answer, type ClockFacts, toleratedMs } from './clock.js';
import type { Examination } from './examine.js';
import type { FolderFacts } from './folder.js';
import type { MemoryFacts } from './memory.js';

/** What follows from an examination besides what the build lacks, one line each. */
export interface Findings {
  /** What keeps something from working. */
  readonly faults: readonly string[];
  /** What to know. */
  readonly remarks: readonly string[];
}

// What a conversion takes with two threads, and each further one (ARCHITECTURE.md, "Memory is bounded").
const littleMemoryBytes = 256 * 2 ** 20;
// A small disk, compressed.
const littleRoomBytes = 2 ** 30;
const noticedMs = 60_000;
const halfHourMs = 30 * 60_000;

/** What is wrong, and what is to be known. Pure. */
export function findingsOf({ memory, folders, account, clock, answer }: Examination): Findings {
  return {
    faults: [...(account.failure === undefined ? [] : [account.failure]), ...answerFaults(answer)],
    remarks: [
      ...memoryRemarks(memory),
      ...folders.flatMap(folderRemarks),
      ...account.warnings,
      ...(account.failure === undefined && account.keysFrom === undefined
        ? ["no keys were found: 'manifest create' and 'presign' need them to sign, all else does not"]
        : []),
      ...clockRemarks(clock, answer),
    ],
  };
}

function answerFaults(answer: Answer | undefined): readonly string[] {
  if (answer === undefined) return [];
  if (answer.failure !== undefined) return [`the object storage was not reached: ${answer.failure}`];
  const { aheadMs } = answer;
  if (Math.abs(aheadMs) <= toleratedMs) return [];
  return [
    `the clock is ${offText(aheadMs)}; signatures are refused from ${longDurationText(toleratedMs)} on: set the clock${zoneHint(aheadMs)}`,
  ];
}

/** Such as "2 minutes 5 seconds slow". */
export function offText(aheadMs: number): string {
  const off = longDurationText(Math.abs(aheadMs));
  return aheadMs > 0 ? `${off} slow` : `${off} fast`;
}

/** Zones differ from UTC by whole or half hours. */
function zoneHint(aheadMs: number): string {
  const offMs = Math.abs(aheadMs);
  const isZone =
    offMs >= halfHourMs - noticedMs &&
    Math.abs(offMs - Math.round(offMs / halfHourMs) * halfHourMs) < noticedMs;
  return isZone ? ' (it looks as if local time had been taken for UTC)' : '';
}

function clockRemarks({ now, installedAt }: ClockFacts, answer: Answer | undefined): readonly string[] {
  const remarks: string[] = [];
  if (installedAt !== undefined && installedAt.getTime() - now.getTime() > toleratedMs) {
    remarks.push(
      `the clock says ${now.toISOString()}, which is before omiforge was installed (${installedAt.toISOString()}): set it, as signatures carry the time`,
    );
  }
  const aheadMs = answer?.aheadMs ?? 0;
  if (Math.abs(aheadMs) > noticedMs && Math.abs(aheadMs) <= toleratedMs) {
    remarks.push(`the clock is ${offText(aheadMs)}; it still works, but see to it`);
  }
  return remarks;
}

function memoryRemarks({ availableBytes }: MemoryFacts): readonly string[] {
  if (availableBytes >= littleMemoryBytes) return [];
  return [`${bytesText(availableBytes)} of memory is little: use few --threads`];
}

function folderRemarks({ path, use, files, failure, freeBytes }: FolderFacts): readonly string[] {
  const remarks: string[] = [];
  const folder = `the ${use} folder ${path}`;
  if (files === undefined) remarks.push(`${folder} takes no files: ${failure ?? ''}`);
  if (freeBytes !== undefined && freeBytes < littleRoomBytes) {
    remarks.push(`${folder} has only ${bytesText(freeBytes)} free`);
  }
  if (files?.storesHoles === false)
    remarks.push(`${folder} has no holes: raw disks take all their room there`);
  else if (files?.findsHoles === false) {
    remarks.push(
      `${folder} does not tell where holes are: those of raw disks are read as zeros, which takes time`,
    );
  }
  return remarks;
}

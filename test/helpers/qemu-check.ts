import { spawnSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import type { ExecutionContext } from 'ava';
import { toForgeError } from '../../src/errors.js';
import { type CheckCounts, checkImage } from '../../src/index.js';

/** What a check has said: its status, and its numbers where it came to an end. */
export interface CheckOutcome {
  readonly status: number | null;
  readonly numbers?: Readonly<Record<string, number>>;
  /** What it has said besides. */
  readonly text: string;
  /** Whether a reference leads past the end of the file; of our check alone. */
  readonly leavesFile?: boolean;
}

const keys: ReadonlyArray<readonly [keyof CheckCounts, string]> = [
  ['imageEndBytes', 'image-end-offset'],
  ['totalClusters', 'total-clusters'],
  ['checkErrors', 'check-errors'],
  ['allocatedClusters', 'allocated-clusters'],
  ['fragmentedClusters', 'fragmented-clusters'],
  ['compressedClusters', 'compressed-clusters'],
  ['corruptions', 'corruptions'],
  ['leaks', 'leaks'],
];

export function qemuCheck(path: string): CheckOutcome {
  const { status, stdout, stderr } = spawnSync(
    'qemu-img',
    ['check', '-f', 'qcow2', '--output=json', path],
    // It names every fault, and a table of nonsense has thousands.
    { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  );
  const text = stderr.split('\n').slice(0, 5).join('\n');
  if (!stdout.startsWith('{')) return { status, text };
  const report = JSON.parse(stdout) as Record<string, number>;
  return { status, numbers: Object.fromEntries(keys.map(([, key]) => [key, report[key] ?? 0])), text };
}

export async function ourCheck(path: string): Promise<CheckOutcome> {
  try {
    const { counts } = await checkImage(path, { format: 'qcow2' });
    if (counts === undefined) throw new Error('a qcow2 has no counts');
    const numbers = Object.fromEntries(keys.map(([name, key]) => [key, Number(counts[name])]));
    const leavesFile = counts.findings.some((finding) => finding.includes('past the end of the file'));
    return { status: statusOf(counts), numbers, text: counts.findings.slice(0, 5).join('\n'), leavesFile };
  } catch (thrown) {
    return { status: 1, text: toForgeError(thrown).toLine() };
  }
}

function statusOf({ checkErrors, corruptions, leaks }: CheckCounts): number {
  if (checkErrors > 0) return 1;
  if (corruptions > 0) return 2;
  return leaks > 0 ? 3 : 0;
}

/**
 * Whether both find the same. What begins in the file and ends less than a cluster behind it is a corruption for us
 * alone, so we may find more of them where something leaves the file.
 */
export function agree(ours: CheckOutcome, theirs: CheckOutcome): boolean {
  if (ours.numbers === undefined || theirs.numbers === undefined) return ours.status === theirs.status;
  const { corruptions = 0, ...others } = ours.numbers;
  const { corruptions: theirCorruptions = 0, ...theirOthers } = theirs.numbers;
  if (!isDeepStrictEqual(others, theirOthers)) return false;
  if (ours.leavesFile === true && corruptions > theirCorruptions) return ours.status === 2;
  return corruptions === theirCorruptions && ours.status === theirs.status;
}

/** Both find the same, in every number. Returns the status. */
export async function assertAgrees(t: ExecutionContext, path: string, what: string): Promise<number | null> {
  const ours = await ourCheck(path);
  const theirs = qemuCheck(path);
  const where = `${what}\nqemu-img: ${theirs.text}\nomiforge: ${ours.text}`;
  t.is(ours.status, theirs.status, where);
  if (ours.numbers !== undefined && theirs.numbers !== undefined) {
    t.deepEqual(ours.numbers, theirs.numbers, where);
  }
  return ours.status;
}

import { quotedHarmless } from '../quoted.js';
import { rootDevice } from '../rules.js';
import type { Findings, Spot } from './findings.js';
import { origins } from './origins.js';
import type { Severity } from './review-fault.js';
import type { SnapshotReview } from './snapshot-rules.js';

interface UniqueRule {
  readonly key: string;
  readonly code: string;
  readonly severity: Severity;
  readonly origin: string;
  /** What must differ between disks; undefined where nobody can tell. */
  readonly unique: (disk: SnapshotReview) => string | undefined;
  readonly message: (first: number, value: string) => string;
}

const uniqueRules: readonly UniqueRule[] = [
  {
    key: 'Device',
    code: 'duplicate-device',
    severity: 'error',
    origin: origins.all,
    unique: ({ facts }) => facts.device,
    message: (first, device) =>
      `the device ${quotedHarmless(device)} is that of Snapshots[${first}] already; give each disk its own`,
  },
  {
    key: 'Ordering',
    code: 'duplicate-ordering',
    severity: 'warning',
    origin: origins.ab,
    unique: ({ facts }) => (facts.ordering === undefined ? undefined : `${facts.ordering}`),
    message: (first, ordering) =>
      `the ordering ${ordering} is that of Snapshots[${first}] already; number the disks`,
  },
  {
    key: 'Filename',
    code: 'duplicate-filename',
    severity: 'warning',
    origin: origins.practice,
    unique: ({ facts }) => facts.filename,
    message: (first) => `the file is that of Snapshots[${first}] already; give each disk its own object`,
  },
  {
    key: 'PreSignedUrl',
    code: 'duplicate-url',
    severity: 'warning',
    origin: origins.practice,
    unique: ({ facts }) => facts.url?.replace(/\?.*/s, ''),
    message: (first) => `the URL is that of Snapshots[${first}] already; give each disk its own object`,
  },
];

/** Tries the rules between the disks, each of which comes with its position in the list. */
export function reviewTogether(
  list: Spot,
  disks: ReadonlyArray<readonly [index: number, disk: SnapshotReview]>,
  findings: Findings,
): void {
  for (const rule of uniqueRules) checkUnique(rule, disks, findings);
  checkTwins(disks, findings);
  // A device that is missing or unreadable may be the one, and so may that of an entry which is no disk.
  const isKnown =
    disks.length === list.node.items.length && disks.every(([, { facts }]) => facts.device !== undefined);
  if (disks.length > 0 && isKnown && !disks.some(([, { facts }]) => facts.device === rootDevice)) {
    const message = `no disk has the root device ${rootDevice}; give it to the disk that boots`;
    findings.error(list, 'no-root-device', message, origins.blockDevices);
  }
}

function checkUnique(
  { key, code, severity, origin, unique, message }: UniqueRule,
  disks: ReadonlyArray<readonly [number, SnapshotReview]>,
  findings: Findings,
): void {
  const firstUse = new Map<string, number>();
  for (const [index, disk] of disks) {
    const value = unique(disk);
    const spot = disk.members.get(key);
    if (value === undefined || value === '' || spot === undefined) continue;
    const first = firstUse.get(value);
    if (first === undefined) firstUse.set(value, index);
    else findings[severity](spot, code, message(first, value), origin);
  }
}

/** A guest may see /dev/sdb and /dev/xvdb as one device. */
function checkTwins(disks: ReadonlyArray<readonly [number, SnapshotReview]>, findings: Findings): void {
  const firstUse = new Map<string, readonly [index: number, device: string]>();
  for (const [index, { facts, members }] of disks) {
    const spot = members.get('Device');
    const [, name] = /^\/dev\/(?:sd|xvd)([a-z]{1,2})$/.exec(facts.device ?? '') ?? [];
    if (spot === undefined || facts.device === undefined || name === undefined) continue;
    const first = firstUse.get(name);
    if (first === undefined) firstUse.set(name, [index, facts.device]);
    else if (first[1] !== facts.device) {
      const message = `a guest may take ${quotedHarmless(facts.device)} and ${quotedHarmless(first[1])} of Snapshots[${first[0]}] for one device; use other letters`;
      findings.warning(spot, 'device-twin', message, origins.practice);
    }
  }
}

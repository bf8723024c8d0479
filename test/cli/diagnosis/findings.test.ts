import test from 'ava';
import { diagnose } from '../../../src/cli/diagnosis/diagnose.js';
import type { Examination } from '../../../src/cli/diagnosis/examine.js';
import { findingsOf } from '../../../src/cli/diagnosis/findings.js';
import { examinationText } from '../../../src/cli/diagnosis/report-text.js';

const gib = 2 ** 30;
const minuteMs = 60_000;
const now = new Date('2026-03-01T12:00:00Z');

const folder = {
  path: '/work',
  use: 'current',
  fileSystem: 'ext4',
  freeBytes: 100 * gib,
  files: { storesHoles: true, findsHoles: true, sharesBlocks: false },
  failure: undefined,
} as const;

const well: Examination = {
  diagnosis: diagnose(
    {
      ...{ version: '1.2.3', nodeVersion: 'v20.19.0', platform: 'linux', architecture: 'x64', cores: 8 },
      build: { engines: [{ name: 'zlib', version: '1.3.1', leastLevel: 0, mostLevel: 9 }], hasZstd: true },
      failure: undefined,
    },
    false,
  ),
  memory: { totalBytes: 8 * gib, availableBytes: 6 * gib, limitBytes: undefined },
  folders: [folder],
  account: {
    files: [],
    keysFrom: 'OSC_ACCESS_KEY',
    storage: {
      region: { value: 'eu-west-2', source: 'default' },
      endpoint: { value: new URL('https://oos.eu-west-2.outscale.com'), source: 'default of the region' },
    },
    warnings: [],
    failure: undefined,
  },
  clock: { now, zone: 'Asia/Kathmandu', zoneMinutes: 345, installedAt: new Date('2026-01-01T00:00:00Z') },
  answer: { aheadMs: 300 },
};

test('where all is well there is nothing to say', (t) => {
  t.deepEqual(findingsOf(well), { faults: [], remarks: [] });
  const text = examinationText(well, findingsOf(well));
  t.regex(text, /current +\/work: ext4, 100 GiB free, holes take no room and are found, no reflinks\n/);
  t.regex(text, /clock +2026-03-01T12:00:00\.000Z, in the zone Asia\/Kathmandu \(UTC\+05:45\), right\n/);
  t.regex(text, /memory +8 GiB, 6 GiB available\n/);
  t.regex(text, /\nomiforge works\.$/);
});

const remarks: readonly (readonly [Partial<Examination>, RegExp])[] = [
  [{ memory: { ...well.memory, availableBytes: 100 * 2 ** 20 } }, /100 MiB of memory is little/],
  [{ folders: [{ ...folder, freeBytes: gib / 2 }] }, /current folder \/work has only 512 MiB free/],
  [
    { folders: [{ ...folder, use: 'temporary', files: undefined, failure: 'the file system is read-only' }] },
    /temporary folder \/work takes no files: the file system is read-only/,
  ],
  [{ folders: [{ ...folder, files: { ...folder.files, storesHoles: false } }] }, /has no holes/],
  [
    { folders: [{ ...folder, files: { ...folder.files, findsHoles: false } }] },
    /does not tell where holes are/,
  ],
  [{ account: { ...well.account, keysFrom: undefined } }, /no keys were found/],
  [{ account: { ...well.account, warnings: ['mind this'] } }, /^mind this$/],
  [
    { clock: { ...well.clock, installedAt: new Date(now.getTime() + 6 * minuteMs) } },
    /the clock says 2026-03-01T12:00:00\.000Z, which is before omiforge was installed/,
  ],
  [{ answer: { aheadMs: 2 * minuteMs } }, /the clock is 2 minutes slow; it still works/],
  [{ answer: { aheadMs: -5 * minuteMs } }, /the clock is 5 minutes fast; it still works/],
];

for (const [change, says] of remarks) {
  test(`a remark: ${says.source}`, (t) => {
    const findings = findingsOf({ ...well, ...change });
    t.deepEqual(findings.faults, []);
    t.is(findings.remarks.length, 1);
    t.regex(findings.remarks[0] ?? '', says);
  });
}

const faults: readonly (readonly [Partial<Examination>, RegExp])[] = [
  [{ account: { ...well.account, keysFrom: undefined, storage: undefined, failure: 'why' } }, /^why$/],
  [{ answer: { failure: 'no answer within 10 s' } }, /was not reached: no answer within 10 s/],
  [{ answer: { aheadMs: 5 * minuteMs + 1000 } }, /5 minutes 1 second slow.*set the clock$/],
  [{ answer: { aheadMs: 20 * minuteMs } }, /20 minutes slow.*set the clock$/],
  [{ answer: { aheadMs: -3_600_000 - 2000 } }, /1 hour 2 seconds fast.*local time had been taken for UTC/],
  [{ answer: { aheadMs: 5.5 * 3_600_000 } }, /5 hours 30 minutes slow.*local time/],
];

for (const [change, says] of faults) {
  test(`a fault: ${says.source}`, (t) => {
    const findings = findingsOf({ ...well, ...change });
    t.is(findings.faults.length, 1);
    t.regex(findings.faults[0] ?? '', says);
    t.deepEqual(findings.remarks, []);
  });
}

test('a clock a little before the installation is no matter', (t) => {
  const clock = { ...well.clock, installedAt: new Date(now.getTime() + 4 * minuteMs) };
  t.deepEqual(findingsOf({ ...well, clock }).remarks, []);
});

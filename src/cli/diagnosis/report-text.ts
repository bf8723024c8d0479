import { octal } from '../../cloud/settings.js';
import { defaultLevel } from '../../convert/options.js';
import { printable } from '../../printable.js';
import { alignRows } from '../output.js';
import { bytesText } from '../quantities.js';
import type { AccountFacts } from './account.js';
import type { Answer, ClockFacts } from './clock.js';
import type { Diagnosis, LevelUse } from './diagnose.js';
import type { Examination } from './examine.js';
import { type Findings, offText } from './findings.js';
import type { FolderFacts } from './folder.js';
import type { MemoryFacts } from './memory.js';

type Row = readonly [label: string, value: string];

/** The whole answer for people. */
export function examinationText(examination: Examination, findings: Findings): string {
  const { diagnosis, memory, folders, account, clock, answer } = examination;
  return [
    ...alignRows(machineRows(diagnosis, memory)),
    ...buildLines(diagnosis),
    ...section('Folders', folders.map(folderRow)),
    ...section('Cloud', [...accountRows(account), ['clock', clockText(clock, answer)]]),
    '',
    ...verdictLines(diagnosis, findings),
  ]
    .map(printable)
    .join('\n');
}

function section(title: string, rows: readonly Row[]): readonly string[] {
  return ['', title, ...alignRows(rows)];
}

function machineRows(
  diagnosis: Diagnosis,
  { totalBytes, availableBytes, limitBytes }: MemoryFacts,
): readonly Row[] {
  const { version, nodeVersion, platform, architecture, cores, failure } = diagnosis;
  const limit =
    limitBytes === undefined ? '' : `; no more than ${bytesText(limitBytes)} for this control group`;
  return [
    ['omiforge', version],
    ['Node', nodeVersion],
    ['machine', `${platform}-${architecture}, ${cores} ${cores === 1 ? 'core' : 'cores'} to use`],
    ['memory', `${bytesText(totalBytes)}, ${bytesText(availableBytes)} available${limit}`],
    ['native addon', failure === undefined ? 'loads' : 'CANNOT BE USED'],
  ];
}

function buildLines({ build, levels }: Diagnosis): readonly string[] {
  if (build === undefined) return [];
  const engines = build.engines.map(
    ({ name, version, leastLevel, mostLevel }): Row => [
      name,
      `version ${version}, its own levels ${leastLevel} to ${mostLevel}`,
    ],
  );
  return [
    ...section('Engines of this build', engines),
    ...section(
      'What --level uses here',
      levels.map((use): Row => [`${use.userLevel}`, levelText(use)]),
    ),
    '',
    'zstd clusters of qcow2',
    `  ${build.hasZstd ? 'can be read' : 'cannot be read: the build found no libzstd'}`,
  ];
}

function levelText({ userLevel, engine, level }: LevelUse): string {
  if (userLevel === 0) return `${engine} ${level}, not compressed`;
  return `${engine} ${level}${userLevel === defaultLevel ? ', the default' : ''}`;
}

function folderRow({ use, path, fileSystem, freeBytes, files, failure }: FolderFacts): Row {
  const parts = [
    ...(fileSystem === undefined ? [] : [fileSystem]),
    ...(freeBytes === undefined ? [] : [`${bytesText(freeBytes)} free`]),
  ];
  if (files === undefined) parts.push(`no file can be made: ${failure ?? ''}`);
  else {
    const found =
      files.findsHoles === undefined ? '' : files.findsHoles ? ' and are found' : ', but are not found';
    parts.push(files.storesHoles ? `holes take no room${found}` : 'no holes');
    parts.push(files.sharesBlocks ? 'reflinks' : 'no reflinks');
  }
  return [use, `${path}: ${parts.join(', ')}`];
}

function accountRows({ files, keysFrom, storage, failure }: AccountFacts): readonly Row[] {
  const rows = files.map(({ name, mode, failure: fault }): Row => {
    const permissions = mode === undefined ? '' : `, mode ${octal(mode)}`;
    return ['configuration', `${name}${permissions}${fault === undefined ? '' : ', CANNOT BE USED'}`];
  });
  if (files.length === 0) rows.push(['configuration', 'no file']);
  rows.push([
    'keys',
    keysFrom === undefined ? (failure === undefined ? 'none' : 'not known') : `of ${keysFrom}`,
  ]);
  if (storage === undefined) return rows;
  const { region, endpoint } = storage;
  return [
    ...rows,
    ['region', `${region.value} (${region.source})`],
    ['object storage', `${endpoint.value.origin} (${endpoint.source})`],
  ];
}

function clockText({ now, zone, zoneMinutes }: ClockFacts, answer: Answer | undefined): string {
  const sign = zoneMinutes < 0 ? '-' : '+';
  const minutes = Math.abs(zoneMinutes);
  const offset = [minutes / 60, minutes % 60].map((part) => `${Math.trunc(part)}`.padStart(2, '0')).join(':');
  return `${now.toISOString()}, in the zone ${zone} (UTC${sign}${offset}), ${comparedText(answer)}`;
}

function comparedText(answer: Answer | undefined): string {
  if (answer === undefined) return 'compared with nothing (--online does)';
  if (answer.aheadMs === undefined) return 'compared with nothing, as there was no answer';
  // The date that it was compared with has whole seconds.
  return Math.abs(answer.aheadMs) < 2000 ? 'right' : offText(answer.aheadMs);
}

function verdictLines(diagnosis: Diagnosis, { faults, remarks }: Findings): readonly string[] {
  const lines = [...installationLines(diagnosis)];
  if (faults.length > 0) lines.push('To be mended', ...faults.map((fault) => `  ${fault}`), '');
  if (remarks.length > 0) lines.push('To know', ...remarks.map((remark) => `  ${remark}`), '');
  if (diagnosis.failure !== undefined) return [...lines, 'omiforge does not work.'];
  if (faults.length > 0) return [...lines, 'omiforge works, but for what is to be mended.'];
  return [...lines, 'omiforge works.'];
}

function installationLines({ failure, missing, remedy }: Diagnosis): readonly string[] {
  const commands = remedy.map((command) => `  $ ${command}`);
  if (failure !== undefined) return ['What is wrong', `  ${failure}`, '', 'To mend it', ...commands, ''];
  if (missing.length === 0) return [];
  const effects = missing.map(({ name, effect }): Row => [name, `without it ${effect}`]);
  return [
    'Missing, though omiforge works without',
    ...alignRows(effects),
    '',
    'To get it, and build again',
    ...commands,
    '',
  ];
}

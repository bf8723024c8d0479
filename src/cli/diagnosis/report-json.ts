import { octal } from '../../cloud/settings.js';
import type { AccountFacts } from './account.js';
import type { Diagnosis } from './diagnose.js';
import type { Examination } from './examine.js';
import type { Findings } from './findings.js';
import type { FolderFacts } from './folder.js';

/** The whole answer for programs. */
export function examinationJson(examination: Examination, findings: Findings): Record<string, unknown> {
  const { diagnosis, memory, folders, account, clock, answer } = examination;
  return {
    ...buildJson(diagnosis),
    memory: {
      'total-bytes': memory.totalBytes,
      'available-bytes': memory.availableBytes,
      'limit-bytes': memory.limitBytes ?? null,
    },
    folders: folders.map(folderJson),
    cloud: cloudJson(account),
    clock: {
      now: clock.now.toISOString(),
      zone: clock.zone,
      'zone-minutes': clock.zoneMinutes,
      'installed-at': clock.installedAt?.toISOString() ?? null,
      'storage-ahead-ms': answer?.aheadMs ?? null,
    },
    faults: findings.faults,
    remarks: findings.remarks,
  };
}

function buildJson(diagnosis: Diagnosis): Record<string, unknown> {
  const { build, failure, levels } = diagnosis;
  return {
    version: diagnosis.version,
    node: diagnosis.nodeVersion,
    platform: diagnosis.platform,
    architecture: diagnosis.architecture,
    cores: diagnosis.cores,
    works: build !== undefined,
    ...(failure === undefined ? {} : { failure }),
    engines: (build?.engines ?? []).map(({ name, version, leastLevel, mostLevel }) => ({
      name,
      version,
      'least-level': leastLevel,
      'most-level': mostLevel,
    })),
    libzstd: build?.hasZstd ?? false,
    levels: levels.map(({ userLevel, engine, level }) => ({
      level: userLevel,
      engine,
      'engine-level': level,
    })),
    missing: diagnosis.missing,
    remedy: diagnosis.remedy,
  };
}

function folderJson({
  use,
  path,
  fileSystem,
  freeBytes,
  files,
  failure,
}: FolderFacts): Record<string, unknown> {
  return {
    use,
    path,
    'file-system': fileSystem ?? null,
    'free-bytes': freeBytes ?? null,
    'stores-holes': files?.storesHoles ?? null,
    'finds-holes': files?.findsHoles ?? null,
    reflinks: files?.sharesBlocks ?? null,
    ...(failure === undefined ? {} : { failure }),
  };
}

function cloudJson({ files, keysFrom, storage }: AccountFacts): Record<string, unknown> {
  return {
    'config-files': files.map(({ name, mode, failure }) => ({
      name,
      mode: mode === undefined ? null : octal(mode),
      ...(failure === undefined ? {} : { failure }),
    })),
    'keys-from': keysFrom ?? null,
    region: storage?.region.value ?? null,
    'region-from': storage?.region.source ?? null,
    endpoint: storage?.endpoint.value.origin ?? null,
    'endpoint-from': storage?.endpoint.source ?? null,
  };
}

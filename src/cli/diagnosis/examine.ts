import { tmpdir } from 'node:os';
import type { Environment } from '../../cloud/credentials.js';
import type { SettingsFlags } from '../../cloud/settings.js';
import { isClone } from '../clone.js';
import { installedAt } from '../installed-at.js';
import { type AccountFacts, accountFacts } from './account.js';
import { type Answer, askForTime, type ClockFacts, clockFacts } from './clock.js';
import { type Diagnosis, diagnose } from './diagnose.js';
import { installationFacts } from './facts.js';
import { type FolderFacts, folderFacts } from './folder.js';
import { type MemoryFacts, memoryFacts } from './memory.js';

/** All that is known of an installation, the machine it is on, and the cloud as it would be used. */
export interface Examination {
  readonly diagnosis: Diagnosis;
  readonly memory: MemoryFacts;
  readonly folders: readonly FolderFacts[];
  readonly account: AccountFacts;
  readonly clock: ClockFacts;
  /** Undefined where nobody was asked. */
  readonly answer: Answer | undefined;
}

export interface ExamineOptions {
  readonly flags: SettingsFlags;
  readonly environment: Environment;
  /** Whether to ask the object storage for its time. */
  readonly online: boolean;
  readonly signal: AbortSignal;
}

// A name server alone may take that long.
const timeoutMs = 10_000;

/** Looks at everything, and leaves nothing behind. Nothing is sent but with `online`. @throws the signal's reason */
export async function examine({ flags, environment, online, signal }: ExamineOptions): Promise<Examination> {
  const diagnosis = diagnose(await installationFacts(), isClone());
  const addon = diagnosis.build === undefined ? undefined : (await import('../../native/addon.js')).addon;
  const folders = [
    await folderFacts('current', process.cwd(), addon),
    await folderFacts('temporary', tmpdir(), addon),
  ];
  signal.throwIfAborted();
  const account = await accountFacts(flags, environment);
  const endpoint = account.storage?.endpoint.value;
  return {
    diagnosis,
    memory: memoryFacts(),
    folders,
    account,
    clock: clockFacts(new Date(), await installedAt()),
    answer: online && endpoint !== undefined ? await askForTime(endpoint, timeoutMs, signal) : undefined,
  };
}

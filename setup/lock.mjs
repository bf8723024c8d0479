import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 250;

/**
 * When the process started, which tells a process from a later one with the same pid. Only Linux says it this way;
 * elsewhere the pid has to do.
 * @param {number} pid
 * @returns {string}
 */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces; the start is field 22.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/**
 * @param {number} pid
 * @returns {string} the line in a lock that names this process and no other
 */
function processLine(pid) {
  return `${pid} ${startOf(pid)}`;
}

/**
 * @param {string} lockFolder
 * @returns {string[]} the lines of the owner and of the command it runs; none when there is no lock
 */
function holdersOf(lockFolder) {
  return ['owner', 'command'].flatMap((name) => {
    try {
      return [readFileSync(join(lockFolder, name), 'utf8')];
    } catch {
      return [];
    }
  });
}

/**
 * @param {string} line
 * @returns {boolean}
 */
function isAlive(line) {
  const pid = Number.parseInt(line, 10);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH') return false;
  }
  return processLine(pid) === line;
}

/**
 * Renames a complete folder into place, so a lock is never seen without its owner.
 * @param {string} lockFolder
 * @returns {boolean} false when there is a lock already
 */
function tryToTake(lockFolder) {
  const prepared = mkdtempSync(`${lockFolder}-`);
  writeFileSync(join(prepared, 'owner'), processLine(process.pid));
  try {
    renameSync(prepared, lockFolder);
    return true;
  } catch (error) {
    rmSync(prepared, { recursive: true });
    const code = /** @type {NodeJS.ErrnoException} */ (error).code ?? '';
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Moves the lock of a dead owner away. Two waiters may both have seen it dead, and the slower one may catch the lock
 * that the faster one took since: that one is put back.
 * @param {string} lockFolder
 */
function removeStale(lockFolder) {
  const aside = mkdtempSync(`${lockFolder}-`);
  try {
    renameSync(lockFolder, join(aside, 'lock'));
    if (holdersOf(join(aside, 'lock')).some(isAlive)) renameSync(join(aside, 'lock'), lockFolder);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  } finally {
    rmSync(aside, { recursive: true });
  }
}

/**
 * Runs `work` while no other process does so for the same lock folder; waits for one that does. A command that `work`
 * starts may outlive an owner that was killed: `work` names it by its pid, and the lock lasts as long as either.
 * @template T
 * @param {string} lockFolder
 * @param {(pid: number) => void} onWait called once when another process has the lock
 * @param {(nameCommand: (pid: number) => void) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(lockFolder, onWait, work) {
  let waiting = false;
  while (!tryToTake(lockFolder)) {
    const holders = holdersOf(lockFolder);
    const holder = holders.find(isAlive);
    if (holder === undefined && holders.length > 0) {
      removeStale(lockFolder);
      continue;
    }
    if (!waiting && holder !== undefined) {
      waiting = true;
      onWait(Number.parseInt(holder, 10));
    }
    await sleep(pollMs);
  }
  try {
    return await work((pid) => writeFileSync(join(lockFolder, 'command'), processLine(pid)));
  } finally {
    rmSync(lockFolder, { recursive: true, force: true });
  }
}

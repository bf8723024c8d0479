import { spawnSync } from 'node:child_process';
import { CommandFailed, SetupError } from './run.mjs';
import {
  describePackages,
  fullPath,
  installCommand,
  isInstalled,
  missingPackages,
} from './system-packages.mjs';

/** @typedef {import('./system-packages.mjs').SystemPackage} SystemPackage */

/**
 * How this user may run apt-get: as root directly, otherwise through a sudo that asks nothing.
 * @returns {{ prefix: string[] } | { refusal: string }}
 */
function aptRights() {
  if (!isInstalled('apt-get')) return { refusal: 'there is no apt-get on this machine' };
  if (process.getuid?.() === 0) return { prefix: [] };
  if (spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0) return { prefix: ['sudo', '-n'] };
  return { refusal: 'apt-get needs root, and sudo is not there or asks for a password' };
}

/**
 * Tries with the package lists as they are, then with fresh ones, then each package by itself: an older release may
 * lack one that only the tests want, or have its content in another.
 * @param {readonly SystemPackage[]} packages
 * @param {string[]} prefix
 * @param {import('./run.mjs').Run} run
 * @returns {Promise<string>} what apt-get had to complain about, if it did
 */
async function install(packages, prefix, run) {
  const start = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', `PATH=${fullPath()}`];
  const together = [installCommand(packages), ['apt-get', 'update'], installCommand(packages)];
  const apart = packages.length > 1 ? packages.map((row) => installCommand([row])) : [];
  let complaint = '';
  for (const attempt of [...together, ...apart]) {
    try {
      await run([...start, ...attempt, '-o', 'DPkg::Lock::Timeout=300']);
      if (together.includes(attempt) && attempt.includes('install')) break;
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      const errors = error.output.split('\n').filter((line) => line.startsWith('E: '));
      complaint = `apt-get failed: ${errors.join(' ') || error.message}`;
    }
  }
  return complaint || 'apt-get says that all is installed';
}

/**
 * @param {import('./run.mjs').Run} run
 * @param {string} hopeless packages that apt-get could not install before, as `missing` of that time named them
 * @returns {Promise<{ isChanged: boolean, missing: string, note: string }>} the note tells of what is missing and only
 *   some parts need
 * @throws {SetupError} when something that the build needs is missing and cannot be installed
 */
export async function ensureSystemPackages(run, hopeless) {
  const wanted = missingPackages();
  if (wanted.length === 0) return { isChanged: false, missing: '', note: '' };
  const reason = await tryToInstall(wanted, hopeless, run);
  const rest = missingPackages();
  const isChanged = rest.length < wanted.length;
  if (rest.length === 0) return { isChanged, missing: '', note: '' };
  const list = describePackages(rest);
  if (rest.some(({ required }) => required)) {
    throw new SetupError(`${reason}\nthese system packages are missing:\n${list}`);
  }
  return { isChanged, missing: names(rest), note: `${reason}; these will be missed:\n${list}` };
}

/** @param {readonly SystemPackage[]} packages */
function names(packages) {
  return packages.map(({ debian }) => debian).join(' ');
}

/**
 * @param {readonly SystemPackage[]} packages
 * @param {string} hopeless
 * @param {import('./run.mjs').Run} run
 * @returns {Promise<string>} why packages may still be missing
 */
async function tryToInstall(packages, hopeless, run) {
  // Without a network each try takes long, and it would be made before every test run.
  const isWorthwhile = names(packages) !== hopeless || packages.some(({ required }) => required);
  if (!isWorthwhile) return 'apt-get could not install them before';
  const rights = aptRights();
  return 'refusal' in rights ? rights.refusal : install(packages, rights.prefix, run);
}

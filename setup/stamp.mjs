import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A stamp is a file that sits among the results of a step and holds the hash of what they were made from. It is
 * valid while that hash is the same and no result is newer: then somebody else has made them since.
 */

/**
 * @param {string} path
 * @returns {string[]} every regular file at or below it, in one order on every machine; none when nothing is there
 */
export function filesBelow(path) {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isFile()) return [path];
  if (!stats?.isDirectory()) return [];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/**
 * @param {string} root
 * @param {readonly string[]} paths files and folders below the root
 * @param {{ facts?: readonly string[], endings?: readonly string[] }} [options] `facts`: what else the result depends
 *   on; `endings`: takes only the files whose names end so
 * @returns {string}
 */
export function hashInputs(root, paths, { facts = [], endings = [''] } = {}) {
  const hash = createHash('sha256').update(JSON.stringify(facts));
  for (const path of paths.flatMap((name) => filesBelow(join(root, name)))) {
    if (!endings.some((ending) => path.endsWith(ending))) continue;
    const content = readFileSync(path);
    hash.update(`\n${path.slice(root.length)} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/**
 * @param {string} stampPath
 * @param {string} inputHash
 * @param {string} results a file, or a folder of files; when it is not there the stamp is not valid
 * @returns {boolean}
 */
export function isStampValid(stampPath, inputHash, results) {
  const stamp = lstatSync(stampPath, { throwIfNoEntry: false });
  if (stamp === undefined || readFileSync(stampPath, 'utf8') !== inputHash) return false;
  const files = filesBelow(results);
  return files.length > 0 && files.every((path) => lstatSync(path).mtimeMs <= stamp.mtimeMs);
}

/**
 * @param {string} stampPath
 * @param {string} inputHash of the inputs as they were before the step began
 */
export function writeStamp(stampPath, inputHash) {
  writeFileSync(stampPath, inputHash);
}

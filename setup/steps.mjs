import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { hashInputs, isStampValid, writeStamp } from './stamp.mjs';

/**
 * The steps that make something from files of this clone. Each says from what, and where its result is, so that it
 * can be left out when the result is there.
 * @typedef {object} Step
 * @property {string} name
 * @property {() => string} inputHash
 * @property {string} stampPath
 * @property {string} results
 * @property {(run: import('./run.mjs').Run) => Promise<void>} make
 */

/** An addon that is built against the headers of one Node is not for another, nor for another machine. */
const platformFacts = [process.version, process.versions.modules, process.platform, process.arch];

/**
 * What binding.gyp finds on this machine and builds in, so that the core is built again when it comes or goes.
 * @returns {string[]}
 */
function foundLibraries() {
  return ['libisal', 'libdeflate', 'libzstd'].map((library) => {
    const { status, stdout } = spawnSync('pkg-config', ['--modversion', library], { encoding: 'utf8' });
    return `${library} ${status === 0 ? stdout.trim() : 'none'}`;
  });
}

/**
 * The environment for npm and node-gyp. Node's own headers stand beside it in most installations; when they are told
 * of them, nothing is downloaded.
 * @param {string} [nodePath]
 * @returns {NodeJS.ProcessEnv}
 */
export function buildEnvironment(nodePath = process.execPath) {
  const folder = dirname(nodePath);
  // binding.gyp calls `node`, and that must be this one.
  const environment = { ...process.env, PATH: [folder, process.env['PATH']].join(delimiter) };
  const headers = join(folder, '..', 'include', 'node');
  if (!existsSync(join(headers, 'node_api.h'))) return environment;
  const versionHeader = readFileSync(join(headers, 'node_version.h'), 'utf8');
  const major = /^#define NODE_MAJOR_VERSION (\d+)/m.exec(versionHeader)?.[1];
  if (major !== process.versions.node.split('.')[0]) return environment;
  return { ...environment, npm_config_nodedir: dirname(folder) };
}

/** @returns {string[]} the npm that started this script, or the one on the PATH */
function npmCommand() {
  const path = process.env['npm_execpath'] ?? '';
  return basename(path) === 'npm-cli.js' ? [process.execPath, path] : ['npm'];
}

/**
 * `npm ci` runs the install script of this package too, which builds the native core from nothing.
 * @param {string} root
 * @returns {Step}
 */
function npmPackages(root) {
  const results = join(root, 'node_modules');
  return {
    name: 'npm packages',
    inputHash: () => hashInputs(root, ['package-lock.json'], { facts: platformFacts }),
    stampPath: join(results, '.setup-stamp'),
    results: join(results, '.package-lock.json'),
    make: async (run) => {
      const native = nativeCore(root);
      const nativeHash = native.inputHash();
      // The settings of the user or of a CI machine may leave out what the build needs.
      const options = [
        '--include=dev',
        '--include=optional',
        '--ignore-scripts=false',
        '--no-audit',
        '--no-fund',
      ];
      await run([...npmCommand(), 'ci', ...options], buildEnvironment());
      writeStamp(native.stampPath, nativeHash);
    },
  };
}

/**
 * @param {string} root
 * @returns {Step}
 */
function nativeCore(root) {
  // The lock file stands for node-addon-api and node-gyp, which come with the npm packages.
  const inputs = ['binding.gyp', 'native', 'package-lock.json'];
  return {
    name: 'native core',
    inputHash: () => hashInputs(root, inputs, { facts: [...platformFacts, ...foundLibraries()] }),
    stampPath: join(root, 'build', '.setup-stamp'),
    results: join(root, 'build', 'Release', 'omiforge.node'),
    make: (run) =>
      run(
        [process.execPath, join(root, 'node_modules/node-gyp/bin/node-gyp.js'), 'rebuild'],
        buildEnvironment(),
      ),
  };
}

/**
 * @param {string} root
 * @returns {Step}
 */
function typeScript(root) {
  const dist = join(root, 'dist');
  const inputs = ['src', 'bench', 'test', 'setup', 'tsconfig.json', 'package.json', 'package-lock.json'];
  return {
    name: 'TypeScript',
    inputHash: () => hashInputs(root, inputs, { endings: ['.ts', '.cts', '.mjs', '.json'] }),
    stampPath: join(dist, '.setup-stamp'),
    results: dist,
    make: async (run) => {
      // The result of a source that is gone would live on, and a deleted test would go on running.
      rmSync(dist, { recursive: true, force: true });
      await run([process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '--project', root]);
      await run([process.execPath, join(root, 'setup/bundle.mjs')]);
      await run([process.execPath, join(dist, 'setup/man-page/make.js')]);
      await run([process.execPath, join(dist, 'setup/plan-schema.js')]);
    },
  };
}

/**
 * In the order in which they must run.
 * @param {string} root
 * @returns {Step[]}
 */
export function buildSteps(root) {
  return [npmPackages(root), nativeCore(root), typeScript(root)];
}

/**
 * @param {Step} step
 * @param {import('./run.mjs').Run} run
 * @returns {Promise<boolean>} false when there was nothing to do
 */
export async function runStep(step, run) {
  const inputHash = step.inputHash();
  if (isStampValid(step.stampPath, inputHash, step.results)) return false;
  rmSync(step.stampPath, { force: true });
  await step.make(run);
  writeStamp(step.stampPath, inputHash);
  return true;
}

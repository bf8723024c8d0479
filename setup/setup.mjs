import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv, versions } from 'node:process';
import { fileURLToPath } from 'node:url';
import { ensureSystemPackages } from './apt.mjs';
import { withLock } from './lock.mjs';
import { nodeVersionProblem } from './node-version.mjs';
import { Interrupted, quietRunner, SetupError } from './run.mjs';
import { buildSteps, runStep } from './steps.mjs';

/** The clone that this file belongs to. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * One line: the name before the work begins, how it went behind it.
 * @param {string} name
 * @param {() => Promise<'done' | 'up to date' | 'incomplete'>} work
 */
async function report(name, work) {
  const startMs = performance.now();
  const seconds = () => `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
  process.stdout.write(`  ${name.padEnd(17)}`);
  try {
    const verdict = await work();
    process.stdout.write(verdict === 'up to date' ? `${verdict}\n` : `${verdict}, ${seconds()}\n`);
  } catch (error) {
    process.stdout.write(`failed after ${seconds()}\n`);
    throw error;
  }
}

/**
 * @param {string} path
 * @returns {string} the file's content, '' when it is not there
 */
function textOf(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** @throws {SetupError} when this Node is too old */
export function checkNodeVersion() {
  const problem = nodeVersionProblem(versions.node);
  if (problem !== undefined) throw new SetupError(problem);
}

/**
 * Brings the clone to where everything in it runs: system packages, npm packages, native and TypeScript builds.
 * What is there already is left alone.
 * @throws {SetupError} with all that the user has to know
 */
export async function setUp() {
  checkNodeVersion();
  /** @param {number} pid */
  const onWait = (pid) =>
    console.log(`  another set-up of this clone is at work (pid ${pid}); waiting for it`);
  console.log('set-up');
  await withLock(join(root, '.setup-lock'), onWait, async (nameCommand) => {
    const run = quietRunner(root, nameCommand);
    const hopelessPath = join(root, 'node_modules', '.setup-hopeless');
    let [missing, note] = ['', ''];
    await report('system packages', async () => {
      const outcome = await ensureSystemPackages(run, textOf(hopelessPath));
      missing = outcome.missing;
      note = outcome.note;
      if (missing !== '') return 'incomplete';
      return outcome.isChanged ? 'done' : 'up to date';
    });
    if (note !== '') console.log(note.replaceAll(/^/gm, '    '));
    for (const step of buildSteps(root)) {
      await report(step.name, async () => ((await runStep(step, run)) ? 'done' : 'up to date'));
    }
    writeFileSync(hopelessPath, missing);
  });
}

/**
 * Ends the process with the right status after an error: 130 for an interrupt, otherwise 1.
 * @param {unknown} error
 */
export function fail(error) {
  // Anything that is not told by its message is a defect of these scripts, where the stack is what one needs.
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = error instanceof Interrupted ? 130 : 1;
}

if (argv[1] !== undefined && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  await setUp().catch(fail);
}

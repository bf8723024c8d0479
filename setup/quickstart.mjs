import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { argv, cwd, env } from 'node:process';
import { pathToFileURL } from 'node:url';
// Not by its name: an old Node has no parseArgs, and should get as far as being told that it is old.
import util from 'node:util';
import { SetupError } from './run.mjs';
import { checkNodeVersion, fail, root, setUp } from './setup.mjs';

const usage = `npm run quickstart [-- [IMAGE] [--output FOLDER]]

Sets omiforge up, then converts IMAGE to qcow2.gz, verifies it, and writes a manifest for it with throw-away keys.
Without IMAGE it makes a disk from files of this machine. Everything goes to FOLDER, ./quickstart when not given.`;

/**
 * @param {string[]} args
 * @returns {import('./main-job.js').MainJob | undefined} undefined when only help is wanted
 */
function parse(args) {
  const options = /** @type {const} */ ({
    help: { type: 'boolean', short: 'h' },
    output: { type: 'string', short: 'o' },
  });
  const { values, positionals } = util.parseArgs({ args, options, allowPositionals: true });
  if (values.help) return undefined;
  if (positionals.length > 1) throw new SetupError(`${positionals.length} images are given; give one`);
  // npm runs its scripts in the folder of package.json, but paths are meant from where the user stands.
  const here = env['npm_lifecycle_event'] === 'quickstart' ? (env['INIT_CWD'] ?? cwd()) : cwd();
  const [name] = positionals;
  const image = name === undefined ? undefined : resolve(here, name);
  if (image !== undefined && !existsSync(image))
    throw new SetupError(`${image}: no such file; check the path`);
  return {
    image,
    outputFolder: values.output === undefined ? join(root, 'quickstart') : resolve(here, values.output),
  };
}

/** @returns {import('./main-job.js').MainJob | undefined} */
function parseOrExit() {
  try {
    return parse(argv.slice(2));
  } catch (error) {
    // Here every error is about what the user wrote.
    const message = error instanceof Error ? error.message : String(error);
    console.error(`${message.replaceAll('\n', ' ')} (npm run quickstart -- --help tells more)`);
    return process.exit(2);
  }
}

try {
  checkNodeVersion();
  const job = parseOrExit();
  if (job === undefined) {
    console.log(usage);
  } else {
    await setUp();
    // Only there since the set-up.
    const compiled = pathToFileURL(join(root, 'dist', 'setup', 'main-job.js')).href;
    /** @type {typeof import('./main-job.js')} */
    const { runMainJob } = await import(compiled);
    process.exitCode = await runMainJob(job);
  }
} catch (error) {
  fail(error);
}

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { argv, env, execPath, stdout } from 'node:process';
import { ended } from './run.mjs';
import { fail, root, setUp } from './setup.mjs';
import { totalsLine, totalsOf } from './test-totals.mjs';

/**
 * Runs AVA with its output shown as it comes.
 * @param {string[]} args
 */
async function runAva(args) {
  // A pipe is no terminal, so AVA would leave out the colours that the user's terminal can show.
  const environment = stdout.isTTY ? { FORCE_COLOR: '1', ...env } : env;
  const ava = spawn(execPath, [join(root, 'node_modules/ava/entrypoints/cli.mjs'), ...args], {
    cwd: root,
    env: environment,
    stdio: ['inherit', 'pipe', 'pipe'],
  });
  /** @type {Buffer[]} */
  const chunks = [];
  ava.stdout.on('data', (chunk) => chunks.push(chunk));
  ava.stdout.pipe(stdout, { end: false });
  ava.stderr.pipe(process.stderr, { end: false });
  const { status, interrupted } = await ended(ava);
  const totals = totalsOf(Buffer.concat(chunks).toString(), status);
  console.log(totalsLine(totals));
  if (totals.failed > 0) process.exitCode = interrupted ? 130 : 1;
}

try {
  await setUp();
  await runAva(argv.slice(2));
} catch (error) {
  fail(error);
  console.log(totalsLine({ passed: 0, failed: 1 }));
}

import { spawn } from 'node:child_process';
import test from 'ava';
import { endOf } from '../helpers/cli.js';

async function run(script: string) {
  const module = JSON.stringify(new URL('../../src/cli/unfinished.js', import.meta.url).href);
  const setUp = `import(${module}).then(async ({ failUnlessOver }) => {
    const isOver = failUnlessOver(() => 'convert');
    ${script}
  });`;
  const { status, stderr } = await endOf(spawn(process.execPath, ['-e', setUp]));
  return { status, stderr };
}

test('a process that has nothing left to wait for, but more to do, has failed', async (t) => {
  t.deepEqual(await run('await new Promise(() => {}); isOver();'), {
    status: 1,
    stderr: 'error: convert: has ended before its work was done [INTERNAL]\n',
  });
});

test('one that is done has not', async (t) => {
  t.deepEqual(await run('isOver();'), { status: 0, stderr: '' });
});

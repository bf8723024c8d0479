import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test from 'ava';
import { buildEnvironment } from '../../setup/steps.mjs';

const major = Number.parseInt(process.versions.node, 10);

async function nodeInstallation(t: { teardown: (work: () => Promise<void>) => void }, headersMajor?: number) {
  const prefix = await mkdtemp(join(tmpdir(), 'omiforge-node-'));
  t.teardown(() => rm(prefix, { recursive: true }));
  const headers = join(prefix, 'include', 'node');
  await mkdir(headers, { recursive: true });
  if (headersMajor !== undefined) {
    await writeFile(join(headers, 'node_api.h'), '');
    await writeFile(join(headers, 'node_version.h'), `#define NODE_MAJOR_VERSION ${headersMajor}\n`);
  }
  return { prefix, environment: buildEnvironment(join(prefix, 'bin', 'node')) };
}

test("Node's own headers are used when they stand beside it", async (t) => {
  const { prefix, environment } = await nodeInstallation(t, major);
  t.is(environment['npm_config_nodedir'], prefix);
});

test('headers of another Node are not', async (t) => {
  const { prefix, environment } = await nodeInstallation(t, major + 1);
  t.not(environment['npm_config_nodedir'], prefix);
});

test('without headers node-gyp is left to its default', async (t) => {
  const { prefix, environment } = await nodeInstallation(t);
  t.not(environment['npm_config_nodedir'], prefix);
});

test('the builds call the Node that runs this', async (t) => {
  const { prefix, environment } = await nodeInstallation(t);
  t.is(environment['PATH']?.split(delimiter)[0], join(prefix, 'bin'));
});

import { readdir } from 'node:fs/promises';
import test from 'ava';
import { quickSizes } from '../../bench/inputs/sizes.js';
import { runBenchmark } from '../../bench/measuring/benchmark.js';
import type { Scenario } from '../../bench/scenarios/scenario.js';
import { makeFolder } from '../helpers/folder.js';

const copying: Scenario = {
  name: 'copying',
  inputs: ['incompressible.raw'],
  tools: ['cmp'],
  contenders: [
    { name: 'cp', commandLine: 'cp "$INPUTS/incompressible.raw" out' },
    { name: 'cat', commandLine: 'cat "$INPUTS/incompressible.raw" > out' },
  ],
  goals: {},
  proof: ['cmp 0/out "$INPUTS/incompressible.raw"'],
};

test('what fails and what this version has not does not keep the rest from being measured', async (t) => {
  await using folder = await makeFolder();
  const told: string[] = [];
  const { scenarios, inputs } = await runBenchmark(
    [
      { ...copying, name: 'wrong', proof: ['cmp 0/out /dev/null'] },
      { ...copying, name: 'future', convertOption: '--time-travel' },
      { ...copying, convertOption: '-O' },
    ],
    {
      isQuick: true,
      rounds: 1,
      folder: folder.path,
      sizes: { ...quickSizes, fullBytes: 2 ** 20 },
      signal: new AbortController().signal,
      onStep: () => {},
      onScenario: ({ name, outcome }) => told.push(`${name}: ${outcome}`),
    },
  );
  t.deepEqual(told, ['wrong: failed', 'future: unavailable', 'copying: measured']);
  const reasons = scenarios.map((scenario) => ('reason' in scenario ? scenario.reason : ''));
  t.regex(reasons[0] ?? '', /cmp.* failed: .*EOF.* \[IO_FAILED\]$/);
  t.is(reasons[1], "this version of omiforge has no 'convert --time-travel'");
  t.deepEqual(
    inputs.map(({ name, sizeBytes }) => [name, sizeBytes]),
    [['incompressible.raw', 2 ** 20]],
  );
  t.deepEqual(await readdir(folder.path), ['inputs-quick']);
});

import test from 'ava';
import { inOrderOfMaking, inputNames, madeFrom } from '../../bench/inputs/input.js';
import { fullSizes, neededBytes, quickSizes } from '../../bench/inputs/sizes.js';
import { allScenarios, chosenScenarios } from '../../bench/scenarios/all.js';
import { readable } from '../../bench/scenarios/scenario.js';
import { isInstalled } from '../../setup/system-packages.mjs';

const scenarios = allScenarios(fullSizes, 2);
const mebibyte = 2 ** 20;

test('the goals of the project are all there', (t) => {
  const rows = scenarios.map(({ name, goals }) => [name, goals.time?.text, goals.size?.text]);
  t.deepEqual(rows, [
    ['raw to qcow2.gz, fast', '1/6', '1.03'],
    ['raw to qcow2.gz, default level', '1/3', '1.00'],
    ['raw to qcow2.gz, fast, igzip', '1/2', '1.01'],
    ['dense raw to qcow2.gz, fast', undefined, undefined],
    ['incompressible raw to qcow2.gz, fast', undefined, undefined],
    ['foreign qcow2.gz to raw', '1/3', '1.00'],
    ['own qcow2.gz to raw', '1/5', '1.00'],
    ['raw to qcow2', '0.8', '1.00'],
    ['qcow2 to raw', '0.8', '1.00'],
    ['raw to compressed qcow2', '1/4', '1.00'],
    ['compressed qcow2 to raw', '1/2', '1.00'],
    ['sparse raw to raw.gz, huge disk against small', '1.5', undefined],
    ['two workers against one, compressing', '0.55', '1.00'],
    ['many images against one large', '1.1', undefined],
    ['info, start-up', '1.8', undefined],
  ]);
});

test('every conversion has a goal of memory', (t) => {
  const without = scenarios.filter(({ goals }) => goals.peakBytes !== 300 * mebibyte);
  t.deepEqual(
    without.map(({ name }) => name),
    ['info, start-up'],
  );
});

test('a scenario names all inputs that its command lines use, and each input is used', (t) => {
  for (const { name, contenders, prepare = '', proof, inputs } of scenarios) {
    const lines = [...contenders.map(({ commandLine }) => commandLine), prepare, ...proof];
    const used = lines.flatMap((line) => [...line.matchAll(/\$INPUTS\/([\w.-]+)/g)].map((found) => found[1]));
    t.deepEqual([...new Set(used)].sort(), [...inputs].sort(), name);
  }
  t.deepEqual([...new Set(scenarios.flatMap(({ inputs }) => inputs))].sort(), [...inputNames].sort());
});

test('a scenario names the programs that its command lines begin with', (t) => {
  const needless = new Set(['test', 'for', 'do', 'done', 'mkdir', 'ls', 'wc', 'stat', 'basename', 'grep']);
  for (const { name, contenders, proof, tools } of scenarios) {
    for (const line of [...contenders.map(({ commandLine }) => commandLine), ...proof]) {
      const programs = line.split(/ && |; | \| /).map((part) => part.replace(/^do /, '').split(' ')[0] ?? '');
      const strangers = programs.filter((program) => !/^"\$|^"/.test(program) && !needless.has(program));
      t.deepEqual(
        strangers.filter((program) => !tools.includes(program)),
        [],
        `${name}: ${line}`,
      );
    }
  }
});

test('no path of the user can be taken apart by the shell', (t) => {
  for (const { contenders, prepare = '', proof } of scenarios) {
    for (const line of [...contenders.map(({ commandLine }) => commandLine), prepare, ...proof]) {
      t.notRegex(line, /(?<!")\$(INPUTS|PREPARED|OMIFORGE|NODE|CONVERT_MANY)/);
    }
  }
});

test('every result is proved, and never by omiforge alone', (t) => {
  for (const { name, proof } of scenarios) t.true(proof.length > 0, name);
  const own = scenarios.filter(({ proof }) => proof.every((line) => line.includes('$OMIFORGE')));
  t.deepEqual(
    own.map(({ name }) => name),
    ['info, start-up'],
  );
});

test('scenarios can be left out by any of their words', (t) => {
  const names = chosenScenarios(scenarios, ['raw to'], ['Sparse', 'default']).map(({ name }) => name);
  t.true(names.length > 1);
  t.false(names.some((name) => name.includes('sparse') || name.includes('default')));
});

test('words choose scenarios that have all of them', (t) => {
  const names = (...words: string[]) => chosenScenarios(scenarios, words).map(({ name }) => name);
  t.is(names().length, scenarios.length);
  t.deepEqual(names('Own'), ['own qcow2.gz to raw']);
  t.deepEqual(names('igzip', 'fast'), ['raw to qcow2.gz, fast, igzip']);
  t.deepEqual(names('two workers'), ['two workers against one, compressing']);
  t.deepEqual(names('fast', 'nothing'), []);
});

test('command lines are shown as people type them', (t) => {
  const [first] = scenarios;
  t.deepEqual(
    first?.contenders.map(({ commandLine }) => readable(commandLine)),
    [
      'omiforge convert --level 1 -O qcow2.gz disk.raw out',
      'qemu-img convert -W -m 16 -f raw -O qcow2 disk.raw q && pigz -1 -c q > out',
    ],
  );
  for (const { contenders } of scenarios) {
    for (const { commandLine } of contenders) t.notRegex(readable(commandLine), /\$/);
  }
});

test('an input comes after what it is made from, and only once', (t) => {
  t.deepEqual(inOrderOfMaking(['disk.qcow2.gz', 'disk.raw', 'dense.raw']), [
    'disk.raw',
    'disk.qcow2',
    'disk.qcow2.gz',
    'dense.raw',
  ]);
  const order = inOrderOfMaking(inputNames);
  for (const [name, origin] of Object.entries(madeFrom)) {
    t.true(order.indexOf(origin) < order.indexOf(name as (typeof inputNames)[number]));
  }
});

test('the quick inputs are small; the full ones have a disk with 1 GB of data or more', (t) => {
  t.true(neededBytes(quickSizes) < 2 ** 30);
  t.true(fullSizes.disk.contentBytes > 1.1e9);
  t.deepEqual([fullSizes.sparse.hugeBytes, fullSizes.sparse.dataBytes], [2 ** 40, 2 ** 30]);
});

test('the programs that are found by name are those of the set-up', (t) => {
  t.true(isInstalled('time'));
});

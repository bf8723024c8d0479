import test from 'ava';
import { diagnose } from '../../../src/cli/diagnosis/diagnose.js';
import type { BuildFacts, InstallationFacts } from '../../../src/cli/diagnosis/facts.js';

const isal = { name: 'isal', version: '2.31.0', leastLevel: 1, mostLevel: 3 } as const;
const libdeflate = { name: 'libdeflate', version: '1.20', leastLevel: 0, mostLevel: 12 } as const;
const zlib = { name: 'zlib', version: '1.3.1', leastLevel: 0, mostLevel: 9 } as const;

function installation(build: BuildFacts | undefined, platform = 'linux'): InstallationFacts {
  const failure = build === undefined ? 'it does not load' : undefined;
  const machine = { nodeVersion: 'v20.19.0', platform, architecture: 'x64', cores: 8 };
  return { version: '1.2.3', ...machine, build, failure };
}

test('with everything built in nothing is to be done', (t) => {
  const build = { engines: [isal, libdeflate, zlib], hasZstd: true };
  const { missing, remedy, levels } = diagnose(installation(build), true);
  t.deepEqual({ missing, remedy }, { missing: [], remedy: [] });
  t.is(levels.length, 13);
  t.deepEqual(levels[1], { userLevel: 1, engine: 'isal', level: 1 });
  t.deepEqual(levels[12], { userLevel: 12, engine: 'libdeflate', level: 12 });
});

test('with zlib alone it names what is missing, what goes without, and how to get it', (t) => {
  const build = { engines: [zlib], hasZstd: false };
  const { missing, remedy, levels } = diagnose(installation(build), false);
  t.deepEqual(
    missing.map(({ name }) => name),
    ['isal', 'libdeflate', 'libzstd'],
  );
  t.true(missing.every(({ effect }) => effect.length > 10));
  t.deepEqual(remedy, [
    'sudo apt-get install pkg-config libisal-dev libdeflate-dev libzstd-dev',
    'npm rebuild omiforge',
  ]);
  t.true(levels.every(({ engine, level }) => engine === 'zlib' && level <= 9));
});

test('only what is missing is installed, by what the system has; a clone has its own set-up', (t) => {
  const build = { engines: [isal, zlib], hasZstd: true };
  t.deepEqual(diagnose(installation(build), true).remedy, [
    'sudo apt-get install pkg-config libdeflate-dev',
    'npm run setup',
  ]);
  t.deepEqual(diagnose(installation(build, 'darwin'), true).remedy, [
    'brew install pkg-config libdeflate',
    'npm run setup',
  ]);
});

test('an addon that cannot be used is to be built again', (t) => {
  t.deepEqual(diagnose(installation(undefined), false).remedy, ['npm rebuild omiforge']);
  t.deepEqual(diagnose(installation(undefined), true).remedy, ['rm -rf build', 'npm run setup']);
});

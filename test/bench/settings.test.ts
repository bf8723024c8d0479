import test from 'ava';
import { allSettings } from '../../src/bench/settings.js';

const isal = { name: 'isal', version: '2', leastLevel: 1, mostLevel: 3 } as const;
const libdeflate = { name: 'libdeflate', version: '1', leastLevel: 0, mostLevel: 12 } as const;
const zlib = { name: 'zlib', version: '1', leastLevel: 0, mostLevel: 9 } as const;

test('every level of every engine is a setting, and every --level is one of them', (t) => {
  for (const engines of [[isal, libdeflate, zlib], [libdeflate, zlib], [isal, zlib], [zlib]]) {
    const settings = allSettings(engines);
    t.is(
      settings.length,
      engines.reduce((sum, { leastLevel, mostLevel }) => sum + mostLevel - leastLevel + 1, 0),
    );
    t.deepEqual(
      settings.flatMap(({ userLevels }) => userLevels).toSorted((a, b) => a - b),
      Array.from({ length: 13 }, (_, level) => level),
    );
  }
});

test('with zlib alone the densest levels are all its 9', (t) => {
  const { userLevels } = allSettings([zlib]).at(-1) ?? {};
  t.deepEqual(userLevels, [9, 10, 11, 12]);
});

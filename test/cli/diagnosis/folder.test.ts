import { readdir } from 'node:fs/promises';
import test from 'ava';
import { folderFacts } from '../../../src/cli/diagnosis/folder.js';
import { isTemporaryName } from '../../../src/files/leftovers.js';
import { addon } from '../../../src/native/addon.js';
import type { NativeAddon } from '../../../src/native/boundary.js';
import { makeFolder } from '../../helpers/folder.js';

test('what is found of holes is what the addon says of the file', async (t) => {
  await using folder = await makeFolder();
  t.is((await folderFacts('current', folder.path, undefined)).files?.findsHoles, undefined);
  t.is((await folderFacts('current', folder.path, addon)).files?.findsHoles, true);
  const blind = {
    openImage: (path: string) => ({
      extents: (startBytes: number, lengthBytes: number) => {
        // While it is looked at it has a name that later runs know for a leftover.
        t.true(isTemporaryName(path.split('/').at(-1) ?? ''));
        return [{ startBytes, lengthBytes, kind: 'data' }];
      },
      close: () => {},
    }),
  } as unknown as NativeAddon;
  t.is((await folderFacts('current', folder.path, blind)).files?.findsHoles, false);
  t.deepEqual(await readdir(folder.path), []);
});

test('where something fails on the way, the files are gone too', async (t) => {
  await using folder = await makeFolder();
  const failing = {
    openImage: () => {
      throw Object.assign(new Error('no'), { code: 'EIO' });
    },
  } as unknown as NativeAddon;
  const { files, failure } = await folderFacts('current', folder.path, failing);
  t.is(files, undefined);
  t.truthy(failure);
  t.deepEqual(await readdir(folder.path), []);
});

test('a folder that is not there', async (t) => {
  await using folder = await makeFolder();
  const facts = await folderFacts('temporary', folder.at('missing'), addon);
  t.like(facts, {
    files: undefined,
    freeBytes: undefined,
    failure: 'no such file or directory; check the path',
  });
});

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import test from 'ava';
import { fileDigests } from '../../src/snapshot/file-digests.js';
import { makeFolder } from '../helpers/folder.js';
import { noise } from '../helpers/images.js';

const mebibyte = 2 ** 20;

test('digests of files of any length are those of their bytes', async (t) => {
  await using folder = await makeFolder();
  for (const lengthBytes of [0, 1, mebibyte - 1, mebibyte, mebibyte + 1, 3 * mebibyte + 5]) {
    const bytes = noise(lengthBytes);
    await writeFile(folder.at('file'), bytes);
    t.deepEqual(await fileDigests(folder.at('file')), {
      sha256: createHash('sha256').update(bytes).digest('hex'),
      md5: createHash('md5').update(bytes).digest('hex'),
    });
  }
});

test('a file that cannot be read, and a signal', async (t) => {
  await using folder = await makeFolder();
  await t.throwsAsync(fileDigests(folder.at('none')), { code: 'IO_NOT_FOUND' });
  await t.throwsAsync(fileDigests(folder.path), { code: 'IO_NOT_A_FILE' });
  await writeFile(folder.at('file'), noise(2 * mebibyte));
  await t.throwsAsync(fileDigests(folder.at('file'), { signal: AbortSignal.abort(new Error('enough')) }), {
    message: 'enough',
  });
});

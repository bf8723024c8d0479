import { copyFile } from 'node:fs/promises';
import test from 'ava';
import fc from 'fast-check';
import { compareImages, convert, type FormatName } from '../../src/index.js';
import { makeFolder } from '../helpers/folder.js';
import { type Island, makeRaw, prose } from '../helpers/images.js';

const MiB = 1024 * 1024;
const sizeBytes = 13 * MiB;

test('the first difference is found wherever it is, across formats', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 0, max: sizeBytes - 1 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom<FormatName>('raw', 'qcow2', 'raw.gz', 'qcow2.gz'),
      fc.boolean(),
      async (offsets, format, swap) => {
        await using folder = await makeFolder();
        const islands: Island[] = [{ offsetBytes: 5 * MiB, bytes: prose(MiB) }];
        const original = await makeRaw(folder.at('a.raw'), sizeBytes, islands);
        // No byte of prose is 255, and no hole is.
        const changes = offsets.map((offsetBytes) => ({ offsetBytes, bytes: Uint8Array.of(255) }));
        const changed = await makeRaw(folder.at('b.raw'), sizeBytes, [...islands, ...changes]);
        const other = folder.at(`c.${format}`);
        if (format === 'raw') await copyFile(changed, other);
        else await convert(changed, other);
        const pair = swap ? ([other, original] as const) : ([original, other] as const);
        t.like(await compareImages(...pair), {
          identical: false,
          firstDifferenceBytes: Math.min(...offsets),
          sizesDiffer: false,
        });
        t.like(await compareImages(changed, other), { identical: true, firstDifferenceBytes: undefined });
      },
    ),
    { numRuns: 20 },
  );
});

test('a longer image is the same while what it has more is zeros', async (t) => {
  await using folder = await makeFolder();
  const islands = [{ offsetBytes: 0, bytes: prose(1000) }];
  const short = await makeRaw(folder.at('short.raw'), 5 * MiB, islands);
  const long = await makeRaw(folder.at('long.raw'), 11 * MiB, islands);
  const more = await makeRaw(folder.at('more.raw'), 11 * MiB, [
    ...islands,
    { offsetBytes: 9 * MiB + 1, bytes: Uint8Array.of(1) },
  ]);
  t.like(await compareImages(short, long), { identical: true, sizesDiffer: true });
  t.like(await compareImages(long, short), { identical: true, sizesDiffer: true });
  t.like(await compareImages(short, more), { identical: false, firstDifferenceBytes: 9 * MiB + 1 });
  t.like(await compareImages(more, short), { identical: false, firstDifferenceBytes: 9 * MiB + 1 });
  t.like(await compareImages(short, long, { strict: true }), {
    identical: false,
    firstDifferenceBytes: 5 * MiB,
    sizesDiffer: true,
  });
});

test('a raw file that ends within a sector is as long as the qcow2 made of it', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeRaw(folder.at('a.raw'), 1000, [{ offsetBytes: 999, bytes: Uint8Array.of(1) }]);
  await convert(raw, folder.at('a.qcow2'));
  t.like(await compareImages(raw, folder.at('a.qcow2'), { strict: true }), {
    identical: true,
    sizesDiffer: false,
  });
});

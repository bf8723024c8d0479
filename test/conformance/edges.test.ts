import { readdir } from 'node:fs/promises';
import test from 'ava';
import { convert, type FormatName } from '../../src/index.js';
import { makeFolder } from '../helpers/folder.js';
import { type Island, makeRaw, noise, prose, sha256 } from '../helpers/images.js';
import { judge } from '../helpers/referees.js';

const MiB = 1024 * 1024;
const allFormats: readonly FormatName[] = ['raw', 'qcow2', 'raw.gz', 'qcow2.gz'];

interface Edge {
  readonly name: string;
  readonly sizeBytes: number;
  readonly islands?: readonly Island[];
  /** All by default. */
  readonly formats?: readonly FormatName[];
}

const edges: readonly Edge[] = [
  { name: 'no bytes at all', sizeBytes: 0 },
  { name: 'one byte', sizeBytes: 1, islands: [{ offsetBytes: 0, bytes: Uint8Array.of(7) }] },
  { name: 'one sector', sizeBytes: 512, islands: [{ offsetBytes: 0, bytes: noise(512) }] },
  { name: 'not whole sectors', sizeBytes: 70_001, islands: [{ offsetBytes: 69_000, bytes: noise(1001) }] },
  { name: 'a cluster and a sector', sizeBytes: 66_048, islands: [{ offsetBytes: 0, bytes: prose(66_048) }] },
  { name: 'exactly one segment', sizeBytes: 4 * MiB, islands: [{ offsetBytes: 0, bytes: prose(4 * MiB) }] },
  { name: 'all zeros, as a hole', sizeBytes: 9 * MiB },
  {
    name: 'all zeros, written',
    sizeBytes: 9 * MiB,
    islands: [{ offsetBytes: 0, bytes: new Uint8Array(9 * MiB) }],
  },
  {
    name: 'all random',
    sizeBytes: 9 * MiB + 512,
    islands: [{ offsetBytes: 0, bytes: noise(9 * MiB + 512) }],
  },
  {
    name: 'holes at both ends',
    sizeBytes: 30 * MiB,
    islands: [{ offsetBytes: 11 * MiB + 1, bytes: prose(6 * MiB) }],
  },
  {
    name: 'data at the very last byte',
    sizeBytes: 13 * MiB + 5 * 512,
    islands: [{ offsetBytes: 13 * MiB + 5 * 512 - 1, bytes: Uint8Array.of(1) }],
  },
  {
    name: 'data on both sides of what one L2 table maps',
    sizeBytes: 1100 * MiB,
    islands: [
      { offsetBytes: 512 * MiB - 70_000, bytes: noise(140_000) },
      { offsetBytes: 1024 * MiB - 1, bytes: Uint8Array.of(1) },
    ],
    // As raw.gz every referee would inflate 1.1 GB of zeros.
    formats: ['raw', 'qcow2', 'qcow2.gz'],
  },
];

for (const { name, sizeBytes, islands, formats = allFormats } of edges) {
  test(`to every format and back: ${name}`, async (t) => {
    await using folder = await makeFolder();
    const raw = await makeRaw(folder.at('source.img'), sizeBytes, islands);
    const before = await sha256(raw);
    for (const format of formats) {
      const there = folder.at(`there.${format}`);
      const back = folder.at(`back-from-${format}.raw`);
      const result = await convert(raw, there, { verify: true });
      t.is(result.virtualSizeBytes, Math.ceil(sizeBytes / 512) * 512);
      t.true(result.verified);
      await t.notThrowsAsync(judge(there, format, raw));
      await convert(there, back);
      await t.notThrowsAsync(judge(back, 'raw', raw));
    }
    t.is(await sha256(raw), before, 'the source is untouched');
    t.deepEqual(
      (await readdir(folder.path)).filter((entry) => entry.startsWith('.')),
      [],
    );
  });
}

test('what is raw and plain comes back to the last byte, even within a sector', async (t) => {
  await using folder = await makeFolder();
  const raw = await makeRaw(folder.at('a.raw'), 70_001, [{ offsetBytes: 0, bytes: noise(70_001) }]);
  await convert(raw, folder.at('b.raw'));
  await convert(raw, folder.at('c.raw.gz'));
  await convert(folder.at('c.raw.gz'), folder.at('d.raw'));
  t.is(await sha256(folder.at('b.raw')), await sha256(raw));
  t.is(await sha256(folder.at('d.raw')), await sha256(raw));
});

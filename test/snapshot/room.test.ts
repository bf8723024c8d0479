import { writeFile } from 'node:fs/promises';
import test from 'ava';
import fc from 'fast-check';
import type { FormatName } from '../../src/image/format.js';
import { readImageInfo } from '../../src/image/info.js';
import { PlanError } from '../../src/snapshot/plan/faults.js';
import { readPlan } from '../../src/snapshot/plan/read-plan.js';
import { prepareBatch } from '../../src/snapshot/prepare.js';
import { type DiskToCome, judgeRoom, sampledRoom } from '../../src/snapshot/room.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise } from '../helpers/images.js';
import { succeed } from '../helpers/qemu.js';

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

async function toCome(folder: Folder, source: string, format: FormatName): Promise<DiskToCome> {
  const text = `images:\n  - name: web\n    disks: [{ source: ${source}, format: ${format} }]\n`;
  const reading = readPlan(folder.at('plan.yaml'), text);
  const disk = 'batch' in reading ? reading.batch.images[0]?.disks[0] : undefined;
  if (disk === undefined) throw new Error('the plan is sound');
  return { disk, info: await readImageInfo(folder.at(source)) };
}

test('a directory without room is told before the work', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), mebibyte, [{ offsetBytes: 0, bytes: noise(mebibyte) }]);
  const reading = readPlan(folder.at('plan.yaml'), 'images:\n  - name: web\n    disks: [a.raw]\n');
  if ('faults' in reading) throw new Error('the plan is sound');
  const error = await t.throwsAsync(prepareBatch(reading, '/proc/omiforge'), { instanceOf: PlanError });
  t.regex((error as PlanError).faults[0]?.message ?? '', /\/proc\/omiforge has 0 B free/);
});

test('what cannot be enough is a fault, what may not be is a warning', (t) => {
  const judged = (leastBytes: number, mostBytes: number) =>
    judgeRoom({ leastBytes, mostBytes }, 10 * gibibyte, 'out');
  t.deepEqual(judged(5 * gibibyte, 10 * gibibyte), { faults: [], warnings: [] });
  t.deepEqual(judged(10 * gibibyte, 10.5 * gibibyte), {
    faults: [],
    warnings: [{ path: [], message: 'out has 10 GiB free, and the disks may take up to 10.5 GiB' }],
  });
  t.deepEqual(judged(10.5 * gibibyte, 20 * gibibyte).faults, [
    {
      path: [],
      message:
        'out has 10 GiB free, and the disks take 10.5 GiB at least; free some space or choose another directory',
    },
  ]);
});

test('zeros that a disk stores take no room', async (t) => {
  await using folder = await makeFolder();
  await writeFile(folder.at('zeros.raw'), Buffer.alloc(32 * mebibyte));
  for (const format of ['qcow2.gz', 'raw.gz', 'qcow2', 'raw'] as const) {
    t.deepEqual(await sampledRoom(await toCome(folder, 'zeros.raw', format)), {
      leastBytes: 0,
      mostBytes: 0,
    });
  }
});

test('what a disk takes is within the bounds, wherever its data stands', async (t) => {
  const run = { startMiB: fc.nat(40), lengthMiB: fc.integer({ min: 1, max: 8 }), isNoise: fc.boolean() };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record(run), { minLength: 1, maxLength: 4 }),
      fc.constantFrom<FormatName>('qcow2.gz', 'qcow2'),
      async (runs, format) => {
        await using folder = await makeFolder();
        const parts = runs.map(({ startMiB, lengthMiB, isNoise }) => ({
          offsetBytes: startMiB * mebibyte,
          bytes: isNoise ? noise(lengthMiB * mebibyte) : Buffer.alloc(lengthMiB * mebibyte),
        }));
        await makeRaw(folder.at('a.raw'), 48 * mebibyte, parts);
        const content = Buffer.alloc(48 * mebibyte);
        for (const { offsetBytes, bytes } of parts) content.set(bytes, offsetBytes);
        let dataBytes = 0;
        for (let at = 0; at < content.length; at += mebibyte) {
          if (content.subarray(at, at + mebibyte).some((byte) => byte !== 0)) dataBytes += mebibyte;
        }
        const { leastBytes, mostBytes } = await sampledRoom(await toCome(folder, 'a.raw', format));
        t.true(
          leastBytes <= dataBytes && dataBytes <= mostBytes * 1.01,
          `${leastBytes} ${dataBytes} ${mostBytes}`,
        );
      },
    ),
    { numRuns: 20 },
  );
});

test('compressed clusters grow where the disk is not compressed any more', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), 16 * mebibyte, [
    { offsetBytes: 0, bytes: Buffer.alloc(16 * mebibyte, 'much the same again and again ') },
  ]);
  await succeed('qemu-img', 'convert', '-c', '-O', 'qcow2', folder.at('a.raw'), folder.at('a.qcow2'));
  const grown = await sampledRoom(await toCome(folder, 'a.qcow2', 'qcow2'));
  t.true(grown.leastBytes <= 16 * mebibyte && grown.mostBytes >= 16 * mebibyte);
  const small = await sampledRoom(await toCome(folder, 'a.qcow2', 'qcow2.gz'));
  t.true(small.mostBytes < mebibyte);
});

test('an image that cannot be read is no matter of room', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), mebibyte, [{ offsetBytes: 0, bytes: noise(mebibyte) }]);
  const { disk, info } = await toCome(folder, 'a.raw', 'qcow2.gz');
  const room = await sampledRoom({ disk: { ...disk, sourcePath: folder.at('gone.raw') }, info });
  t.is(room.leastBytes, 0);
  t.true(room.mostBytes >= mebibyte);
});

test('what is compressed already is never a reason to refuse, and no level makes more than there is', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), 16 * mebibyte, [
    { offsetBytes: 0, bytes: Buffer.alloc(16 * mebibyte, 'much the same again and again ') },
  ]);
  await succeed('gzip', '-k', folder.at('a.raw'));
  t.is((await sampledRoom(await toCome(folder, 'a.raw.gz', 'qcow2.gz'))).leastBytes, 0);
  const stored = await toCome(folder, 'a.raw', 'qcow2.gz');
  const room = await sampledRoom({ ...stored, disk: { ...stored.disk, level: 0 } });
  t.true(room.leastBytes <= 16 * mebibyte && room.mostBytes >= 16 * mebibyte);
});

test('a raw file leaves out smaller zeros than a qcow2', async (t) => {
  await using folder = await makeFolder();
  const bytes = Buffer.alloc(32 * mebibyte);
  for (let at = 0; at < bytes.length; at += 128 * 1024) bytes.fill(1, at, at + 4096);
  await writeFile(folder.at('a.raw'), bytes);
  const raw = await sampledRoom(await toCome(folder, 'a.raw', 'raw'));
  t.true(raw.leastBytes <= mebibyte && raw.mostBytes >= mebibyte);
  const qcow2 = await sampledRoom(await toCome(folder, 'a.raw', 'qcow2'));
  t.true(qcow2.leastBytes <= 16 * mebibyte && qcow2.mostBytes >= 16 * mebibyte);
});

import { execFileSync } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import test from 'ava';
import fc from 'fast-check';
import { compareImages, convert, openImage, readImageInfo } from '../../src/index.js';
import { makeFolder } from '../helpers/folder.js';
import { qemuImg, qemuIo } from '../helpers/qemu.js';
import { judge } from '../helpers/referees.js';

const MiB = 1024 * 1024;

interface State {
  readonly name: string;
  /** Offset in MiB and byte of each write. */
  readonly writes: ReadonlyArray<readonly [at: number, pattern: number]>;
}

const historyArbitrary = fc.record({
  options: fc.constantFrom(
    'compat=0.10',
    'cluster_size=512',
    'cluster_size=64k',
    'cluster_size=2M',
    'extended_l2=on',
    'compression_type=zstd',
  ),
  states: fc.array(
    fc.record<State>({
      // Numbers as names: they may be the id of another one.
      name: fc.constantFrom('1', '2', '3', 'before', 'after', 'with space', 'ünïcode'),
      writes: fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 255 })), {
        maxLength: 3,
      }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

test('every snapshot, by its id and by its name, is what qemu-img makes of it', async (t) => {
  await fc.assert(
    fc.asyncProperty(historyArbitrary, async ({ options, states }) => {
      await using folder = await makeFolder();
      const source = folder.at('source.qcow2');
      await qemuImg('create', '-q', '-f', 'qcow2', '-o', options, source, `${8 * MiB}`);
      for (const { name, writes } of states) {
        const commands = writes.map(([at, pattern]) => `write -P ${pattern} ${at * MiB + 512} 300k`);
        if (commands.length > 0) await qemuIo(source, 'qcow2', ...commands);
        await qemuImg('snapshot', '-c', name, source);
      }
      await qemuIo(source, 'qcow2', `write -P 0x77 0 ${8 * MiB}`);
      const expected = folder.at('expected.raw');
      for (const snapshot of new Set(states.flatMap(({ name }, index) => [`${index + 1}`, name]))) {
        await qemuImg('convert', '-f', 'qcow2', '-l', snapshot, '-O', 'raw', source, expected);
        await convert(source, folder.at('ours.raw'), { snapshot, force: true, verify: true });
        await judge(folder.at('ours.raw'), 'raw', expected);
        await convert(source, folder.at('ours.qcow2'), { snapshot, force: true });
        await judge(folder.at('ours.qcow2'), 'qcow2', expected);
      }
    }),
    { numRuns: 6, includeErrorInReport: true },
  );
  t.pass('fast-check has judged every snapshot');
});

test('a snapshot has the size that the disk had', async (t) => {
  await using folder = await makeFolder();
  const source = folder.at('a.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', source, '4M');
  await qemuIo(source, 'qcow2', 'write -P 0x11 1M 1M');
  await qemuImg('snapshot', '-c', 'small', source);
  await qemuImg('resize', '-q', source, '1G');
  await qemuIo(source, 'qcow2', 'write -P 0x22 0 1M', 'write -P 0x33 900M 1M');
  // Going back to it is what gives qemu the old size.
  const back = folder.at('back.qcow2');
  await copyFile(source, back);
  await qemuImg('snapshot', '-a', 'small', back);
  await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', back, folder.at('expected.raw'));
  await convert(source, folder.at('ours.raw'), { snapshot: 'small' });
  await t.notThrowsAsync(judge(folder.at('ours.raw'), 'raw', folder.at('expected.raw')));
  await using image = await openImage(source, { snapshot: 'small' });
  t.is(image.virtualSizeBytes, 4 * MiB);
  t.like(image.facts, { sizeBytes: 4 * MiB });
  t.is((await readImageInfo(source)).virtualSizeBytes, 1024 * MiB);
  t.like(await compareImages(source, back, { snapshotA: 'small', strict: true }), { identical: true });
  t.like(await compareImages(source, source, { snapshotB: 'small' }), { firstDifferenceBytes: 0 });
});

test('a snapshot of an image within gzip', async (t) => {
  await using folder = await makeFolder();
  const source = folder.at('a.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', source, '4M');
  await qemuIo(source, 'qcow2', 'write -P 0x11 1M 1M');
  await qemuImg('snapshot', '-c', 'one', source);
  await qemuIo(source, 'qcow2', 'write -P 0x22 1M 1M');
  execFileSync('gzip', ['-kn', source]);
  await using image = await openImage(`${source}.gz`, { snapshot: 'one' });
  t.deepEqual(image.read(MiB, 1), Uint8Array.of(0x11));
  const { qcow2 } = await readImageInfo(`${source}.gz`);
  t.is(qcow2?.snapshotCount, 1);
  t.is(qcow2?.snapshots, undefined);
});

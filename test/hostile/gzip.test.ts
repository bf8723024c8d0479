import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { convert } from '../../src/index.js';
import { runBounded } from '../helpers/bounded.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw, prose } from '../helpers/images.js';

test('a gzip bomb: nothing of it is inflated but its head', async (t) => {
  await using folder = await makeFolder();
  // Members of 64 MiB in 64 KiB: 64 GiB in 64 MiB would take minutes.
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });
  await writeFile(folder.at('bomb.raw.gz'), Buffer.concat(Array.from({ length: 1024 }, () => bomb)));
  const { status, stdout } = await runBounded(['info', '--json', 'bomb.raw.gz'], { cwd: folder.path });
  t.is(status, 0);
  t.false('virtual-size' in JSON.parse(stdout));
});

test('a qcow2 behind which a bomb stands', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('disk.raw'), 1024 * 1024, [{ offsetBytes: 0, bytes: prose(10_000) }]);
  await convert(folder.at('disk.raw'), folder.at('disk.qcow2.gz'));
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });
  const head = await readFile(folder.at('disk.qcow2.gz'));
  await writeFile(
    folder.at('bomb.qcow2.gz'),
    Buffer.concat([head, ...Array.from({ length: 1024 }, () => bomb)]),
  );
  const { status, stdout } = await runBounded(['info', '--json', 'bomb.qcow2.gz'], { cwd: folder.path });
  t.is(status, 0);
  t.like(JSON.parse(stdout), { format: 'qcow2', 'virtual-size': 1024 * 1024 });
});

test('a bomb that is converted takes no room but for its length', async (t) => {
  await using folder = await makeFolder();
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });
  await writeFile(folder.at('bomb.raw.gz'), Buffer.concat(Array.from({ length: 16 }, () => bomb)));
  const { status } = await runBounded(['convert', 'bomb.raw.gz', 'new.raw'], { cwd: folder.path });
  t.is(status, 0);
  const { size, blocks } = await stat(folder.at('new.raw'));
  t.is(size, 1024 * 1024 * 1024);
  t.true(blocks * 512 < 1024 * 1024);
  t.deepEqual((await readdir(folder.path)).sort(), ['bomb.raw.gz', 'new.raw']);
});

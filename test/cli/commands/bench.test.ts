import { readdir, readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { runCli } from '../../helpers/cli.js';
import { compressions } from '../../helpers/compressions.js';
import { type Folder, makeFolder } from '../../helpers/folder.js';
import { makeRaw, prose } from '../../helpers/images.js';
import { assertRefused } from '../../helpers/refusal.js';

const quick = ['--seconds', '1', '--threads', '1'];

async function makeDisk(folder: Folder): Promise<string> {
  return await makeRaw(folder.at('disk.raw'), 1 << 20, [{ offsetBytes: 4096, bytes: prose(100_000) }]);
}

test('a table with every engine and level, and advice for each link', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeDisk(folder);
  const { status, stdout } = await runCli(['bench', ...quick, '--bandwidth', '3M,2.5G', disk]);
  t.is(status, 0);
  for (const { engine, level } of compressions) t.regex(stdout, new RegExp(`\\n${engine} +${level} `));
  t.regex(stdout, /\n3 Mbit\/s +--level \d/);
  t.regex(stdout, /\n2\.5 Gbit\/s +--level \d/);
  t.regex(stdout, / \*\n/);
});

test('the same as JSON, with a report that appears beside', async (t) => {
  await using folder = await makeFolder();
  const disk = await makeDisk(folder);
  const args = ['bench', ...quick, '--json', '--report', folder.at('r.html'), disk];
  const { status, stdout, stderr } = await runCli(args);
  t.is(status, 0);
  t.regex(stderr, /the report is in .*r\.html\n/);
  const found = JSON.parse(stdout);
  t.is(found.subject, disk);
  t.true(found['is-image']);
  t.is(found.settings.length, compressions.length);
  t.deepEqual(found.threads, [1]);
  t.deepEqual(
    found.advice.map(({ bandwidth }: { bandwidth: number }) => bandwidth),
    [50e6, 200e6, 1e9, 10e9],
  );
  t.regex(await readFile(folder.at('r.html'), 'utf8'), /^<!doctype html>.*<svg.*<\/html>\n$/s);
  t.deepEqual((await readdir(folder.path)).sort(), ['disk.raw', 'r.html']);
});

test('without an image it says what it has measured on', async (t) => {
  const { status, stdout } = await runCli(['bench', ...quick, '--sample', '1M']);
  t.is(status, 0);
  t.regex(stdout, /^no image was named: measured on \d+ files of \/usr of this machine, /);
});

test('a report is not replaced unasked, and that is told before anything is measured', async (t) => {
  await using folder = await makeFolder();
  await makeDisk(folder);
  await writeFile(folder.at('r.html'), 'mine');
  await assertRefused(t, folder, ['bench', '--seconds', '3600', '--report', 'r.html', 'disk.raw'], {
    code: 'TARGET_EXISTS',
  });
  const forced = await runCli(['bench', ...quick, '--report', 'r.html', '--force', 'disk.raw'], {
    cwd: folder.path,
  });
  t.is(forced.status, 0);
  t.regex(await readFile(folder.at('r.html'), 'utf8'), /<svg/);
});

test('images that cannot be measured', async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('empty.raw'), 1 << 20);
  await assertRefused(t, folder, ['bench', 'empty.raw'], {
    code: 'ARGUMENT_INVALID',
    status: 2,
    says: /no data/,
  });
  await assertRefused(t, folder, ['bench', 'none.raw'], { code: 'IO_NOT_FOUND' });
});

import { once } from 'node:events';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { isTemporaryName } from '../../src/files/leftovers.js';
import { compareImages } from '../../src/index.js';
import { endOf, runCli, startCli } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { succeed } from '../helpers/qemu.js';

const mebibyte = 2 ** 20;
const kills = Number(process.env['OMIFORGE_TEST_KILLS'] ?? 10);
const formats = ['qcow2.gz', 'raw.gz', 'qcow2', 'raw'] as const;
const sources = ['a.raw', 'b.qcow2', 'c.qcow2.gz'] as const;

/** Twelve disks: every kind of source to every format. */
async function makePlan(folder: Folder): Promise<Map<string, string>> {
  await makeRaw(folder.at('a.raw'), 24 * mebibyte, [{ offsetBytes: mebibyte, bytes: prose(9 * mebibyte) }]);
  await makeRaw(folder.at('b.raw'), 20 * mebibyte, [{ offsetBytes: 0, bytes: noise(7 * mebibyte) }]);
  await succeed('qemu-img', 'convert', '-c', '-O', 'qcow2', folder.at('b.raw'), folder.at('b.qcow2'));
  await succeed('qemu-img', 'convert', '-O', 'qcow2', folder.at('a.raw'), folder.at('c.qcow2'));
  await succeed('gzip', '-1', folder.at('c.qcow2'));
  const made = new Map<string, string>();
  const images = sources.map((source, image) => {
    for (const [disk, format] of formats.entries()) made.set(`image-${image}/disk${disk}.${format}`, source);
    return { name: `image ${image}`, disks: formats.map((format) => ({ source, format, level: 1 })) };
  });
  await writeFile(folder.at('plan.json'), JSON.stringify({ images }));
  return made;
}

async function stampsOf(folder: Folder, files: Iterable<string>): Promise<Map<string, string>> {
  const stamps = new Map<string, string>();
  for (const file of files) {
    const facts = await stat(folder.at(`out/${file}`), { bigint: true }).catch(() => undefined);
    if (facts !== undefined) stamps.set(file, `${facts.ino} ${facts.mtimeNs}`);
  }
  return stamps;
}

test('a batch that is killed again and again ends with the right files, and does nothing twice', async (t) => {
  await using folder = await makeFolder();
  const made = await makePlan(folder);
  const args = ['prepare', 'plan.json', '-o', 'out'];
  const startedMs = performance.now();
  const whole = await runCli(args, { cwd: folder.path });
  t.is(whole.status, 0, whole.stderr);
  const wholeMs = performance.now() - startedMs;
  await rm(folder.at('out'), { recursive: true });

  const finished = new Map<string, string>();
  for (let round = 0; round < kills; round += 1) {
    const child = startCli(args, { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = endOf(child);
    // Half of the time from its first sign of work on, which takes some runs to their ends.
    if (round % 2 === 1 && child.stderr !== null) await once(child.stderr, 'data');
    await setTimeout((wholeMs / 3) * Math.random());
    child.kill('SIGKILL');
    const { status, stderr } = await end;
    t.true(status === 'SIGKILL' || status === 0, stderr);
    const stamps = await stampsOf(folder, made.keys());
    for (const [file, stamp] of finished) t.is(stamps.get(file), stamp, `${file} was made twice`);
    for (const [file, stamp] of stamps) finished.set(file, stamp);
  }
  const last = await runCli(args, { cwd: folder.path });
  t.is(last.status, 0, last.stderr);
  const stamps = await stampsOf(folder, made.keys());
  for (const [file, stamp] of finished) t.is(stamps.get(file), stamp, `${file} was made twice`);

  const left = await readdir(folder.at('out'), { recursive: true });
  t.deepEqual(
    left.filter((name) => isTemporaryName(name.split('/').at(-1) ?? '')),
    [],
  );
  t.deepEqual(left.filter((name) => /\/disk/.test(name)).sort(), [...made.keys()].sort());
  for (const [file, source] of made) {
    const { identical } = await compareImages(folder.at(source), folder.at(`out/${file}`), { strict: true });
    t.true(identical, file);
  }
  const verified = await runCli(['verify', 'out'], { cwd: folder.path });
  t.is(verified.status, 0, verified.stdout);
  t.log(`${finished.size} of ${made.size} were finished before the last run`);
});

import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { ForgeError } from '../../src/errors.js';
import { journalName } from '../../src/snapshot/journal.js';
import { createManifests } from '../../src/snapshot/manifests.js';
import { readReport } from '../../src/snapshot/report.js';
import { verifyDirectory } from '../../src/snapshot/verify-directory.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { makeRaw, prose } from '../helpers/images.js';
import { faultsOf, prepareDisks } from '../helpers/prepared.js';

const mebibyte = 2 ** 20;
const environment = { OSC_ACCESS_KEY: 'access', OSC_SECRET_KEY: 'top-secret', HOME: '/nowhere' };
const presign = { bucket: 'my-images' };

async function prepared(): Promise<Folder> {
  const folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), 4 * mebibyte, [{ offsetBytes: mebibyte, bytes: prose(mebibyte) }]);
  await prepareDisks(folder, ['{ source: a.raw, level: 1 }']);
  return folder;
}

const damageOf = async (folder: Folder): Promise<string> => {
  try {
    const found = (await verifyDirectory(folder.at('out'))).find(({ error }) => error !== undefined);
    return found?.error?.toLine() ?? 'ok';
  } catch (thrown) {
    return thrown instanceof ForgeError ? thrown.toLine() : String(thrown);
  }
};

test('a byte of the report or of the journal that is another is found, wherever it is', async (t) => {
  await using folder = await prepared();
  for (const name of ['report.json', journalName]) {
    const path = folder.at(`out/${name}`);
    const whole = await readFile(path);
    for (const at of fc.sample(fc.nat({ max: whole.length - 2 }), { numRuns: 60, seed: 7 })) {
      const bytes = Buffer.from(whole);
      // Another letter or digit, so that most of it is JSON still.
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(path, bytes);
      // What stands between the values of the journal is of no meaning.
      const isSame = name === journalName && isSameJson(bytes, whole);
      if (!isSame) t.regex(await damageOf(folder), /\[PREPARED_DAMAGED\]$/, `${name} at ${at}`);
    }
    await writeFile(path, whole);
    t.is(await damageOf(folder), 'ok');
  }
});

function isSameJson(one: Buffer, other: Buffer): boolean {
  try {
    return JSON.stringify(JSON.parse(one.toString())) === JSON.stringify(JSON.parse(other.toString()));
  } catch {
    return false;
  }
}

test('no manifest is made of a report that was changed', async (t) => {
  await using folder = await prepared();
  const path = folder.at('out/report.json');
  await writeFile(
    path,
    (await readFile(path, 'utf8')).replace('"virtual-size": 4194304', '"virtual-size": 12345'),
  );
  const made = createManifests({ directory: folder.at('out'), presign, environment });
  await t.throwsAsync(made, { code: 'PREPARED_DAMAGED', message: /not what the last run has written/ });
});

test('a directory without its hidden files is what its report says', async (t) => {
  await using folder = await prepared();
  await rm(folder.at(`out/${journalName}`));
  t.is(await damageOf(folder), 'ok');
});

test('a report that is none, is no file, or is not there', async (t) => {
  await using folder = await prepared();
  await rm(folder.at(`out/${journalName}`));
  const path = folder.at('out/report.json');
  await writeFile(path, '');
  await t.throwsAsync(readReport(folder.at('out')), { message: /^is no report of this version; prepare/ });
  await rm(path);
  await promisify(execFile)('mkfifo', [path]);
  await t.throwsAsync(readReport(folder.at('out')), { code: 'IO_NOT_A_FILE', message: /no regular file/ });
  await rm(path);
  await t.throwsAsync(readReport(folder.at('out')), {
    code: 'IO_NOT_FOUND',
    message: /holds no report\.json/,
  });
  await t.throwsAsync(readReport(folder.at('a.raw')), { code: 'IO_NOT_A_FILE', message: /is no directory/ });
  await t.throwsAsync(readReport(folder.at('nowhere')), { code: 'IO_NOT_FOUND', message: /no such file/ });
});

test('without its journal a directory is made again only by force', async (t) => {
  await using folder = await prepared();
  const disks = ['{ source: a.raw, level: 1 }'];
  await writeFile(folder.at(`out/${journalName}`), '{}');
  await t.throwsAsync(prepareDisks(folder, disks), { code: 'PREPARED_DAMAGED', message: /'--force'/ });
  await rm(folder.at(`out/${journalName}`));
  const told = async () => (await faultsOf(prepareDisks(folder, disks)))[0] ?? '';
  t.regex(await told(), /report\.json' is not what a run in this directory has written/);
  await rm(folder.at('out/report.json'));
  t.regex(await told(), /disk0\.qcow2\.gz' exists already, and no run in this directory has made it/);
  t.is((await prepareDisks(folder, disks, { force: true })).keptDisks, 0);
});

test('a manifest has to be that of the files beside it', async (t) => {
  await using folder = await prepared();
  const now = new Date('2020-01-01T00:00:00Z');
  await createManifests({ directory: folder.at('out'), presign, environment, now });
  // Its URLs have ended long ago.
  t.is(await damageOf(folder), 'ok');
  const path = folder.at('out/web/manifest.json');
  const whole = await readFile(path, 'utf8');
  for (const [from, to] of [
    ['"Size": 4194304', '"Size": 4194305'],
    ['disk0.qcow2.gz"', 'disk1.qcow2.gz"'],
    ['"Version": 1', '"Version": 2'],
    ['"Name": "web"', '"Name": "other"'],
    ['"DeleteOnTermination": true', '"DeleteOnTermination": false'],
    ['"Filename": "web/', '"Filename": "nope/'],
    ['my-images/web/disk0', 'my-images/web/disk9'],
    ['{', '['],
  ] as const) {
    await writeFile(path, whole.replace(from, to));
    t.regex(
      await damageOf(folder),
      /web\/manifest\.json: .*'omiforge manifest create' \[PREPARED_DAMAGED\]$/,
    );
  }
  await writeFile(path, whole);
  await makeRaw(folder.at('a.raw'), 5 * mebibyte, [{ offsetBytes: mebibyte, bytes: prose(mebibyte, 5) }]);
  const { warnings } = await prepareDisks(folder, ['{ source: a.raw, level: 1 }']);
  t.true(
    warnings.some(({ message }) => /^web\/manifest\.json: says other things than the report/.test(message)),
  );
  t.regex(await damageOf(folder), /web\/manifest\.json/);
});

test('slashes at the ends of a prefix make no difference', async (t) => {
  await using folder = await prepared();
  for (const prefix of ['a/b', 'a/b/', '/a/b//']) {
    const [made] = await createManifests({
      directory: folder.at('out'),
      presign: { ...presign, prefix },
      environment,
    });
    t.is(made?.manifest.Image.Snapshots[0]?.Filename, 'a/b/web/disk0.qcow2.gz');
  }
});

test("what is somebody else's is neither taken away nor replaced", async (t) => {
  await using folder = await makeFolder();
  await makeRaw(folder.at('a.raw'), 4 * mebibyte, [{ offsetBytes: mebibyte, bytes: prose(mebibyte) }]);
  await mkdir(folder.at('out'));
  await writeFile(folder.at('out/report.json'), '{"my":"own"}');
  t.regex(
    (await faultsOf(prepareDisks(folder, ['a.raw'])))[0] ?? '',
    /not what a run in this directory has written/,
  );
  t.is(await readFile(folder.at('out/report.json'), 'utf8'), '{"my":"own"}');
  await prepareDisks(folder, ['a.raw'], { force: true });
  await writeFile(folder.at('out/web/manifest.json'), 'my own');
  const made = createManifests({ directory: folder.at('out'), presign, environment });
  await t.throwsAsync(made, { code: 'TARGET_EXISTS' });
  t.is(await readFile(folder.at('out/web/manifest.json'), 'utf8'), 'my own');
});

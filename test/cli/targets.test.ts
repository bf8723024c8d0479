import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import test from 'ava';
import { runCli, runInShell, runWithoutPrivileges } from '../helpers/cli.js';
import { type Folder, makeFolder } from '../helpers/folder.js';
import { stateOf } from '../helpers/folder-state.js';
import { makeRaw, noise, prose } from '../helpers/images.js';
import { patchFile } from '../helpers/patch.js';
import { assertRefused } from '../helpers/refusal.js';

const targets = ['new.raw', 'new.raw.gz', 'new.qcow2', 'new.qcow2.gz'];

async function makeSource(folder: Folder): Promise<string> {
  return await makeRaw(folder.at('disk.raw'), 1024 * 1024, [{ offsetBytes: 100_000, bytes: noise(300_000) }]);
}

test('a directory', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  await mkdir(folder.at('folder'));
  await mkdir(folder.at('folder.raw'));
  for (const target of ['folder', 'folder.raw', 'folder/']) {
    for (const flags of [[], ['--force', '-O', 'raw']]) {
      await assertRefused(t, folder, ['convert', ...flags, 'disk.raw', target], {
        code: 'IO_NOT_A_FILE',
        says: new RegExp(`: ${target}: is a directory; name a file`),
      });
    }
  }
});

test('a name that only a folder may have, in a folder that is missing', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  await assertRefused(t, folder, ['convert', '-O', 'raw', 'disk.raw', 'new/'], {
    code: 'IO_NOT_A_FILE',
    says: /: new\/: ends with \//,
  });
  await assertRefused(t, folder, ['convert', 'disk.raw', 'missing/new.raw'], {
    code: 'IO_NOT_FOUND',
    says: /: missing\/new\.raw: its folder missing does not exist; create it first/,
  });
  await assertRefused(t, folder, ['convert', 'disk.raw', 'disk.raw/new.raw'], {
    code: 'IO_NOT_FOUND',
    says: /: disk\.raw\/new\.raw: a part of the path is not a directory/,
  });
  await assertRefused(t, folder, ['convert', 'disk.raw', ''], {
    code: 'IO_NOT_FOUND',
    says: /: '': .*name a file/,
  });
});

test('a FIFO or a device', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  execFileSync('mkfifo', [folder.at('fifo.raw')]);
  for (const target of ['fifo.raw', '/dev/null', '/dev/full']) {
    await assertRefused(t, folder, ['convert', '--force', '-O', 'raw', 'disk.raw', target], {
      code: 'IO_NOT_A_FILE',
      says: new RegExp(`: ${target}: is not a regular file; use - to write to a pipe`),
    });
  }
});

test('the source itself, by whatever name', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  await symlink('disk.raw', folder.at('symbolic.raw'));
  await link(folder.at('disk.raw'), folder.at('hard.raw'));
  await symlink('.', folder.at('here'));
  for (const target of [
    'disk.raw',
    './disk.raw',
    folder.at('disk.raw'),
    'symbolic.raw',
    'hard.raw',
    'here/disk.raw',
  ]) {
    for (const flags of [[], ['--force', '-O', 'qcow2']]) {
      await assertRefused(t, folder, ['convert', ...flags, 'disk.raw', target], {
        code: 'TARGET_IS_SOURCE',
        says: new RegExp(`: ${target}: is the source itself; choose another name`),
      });
    }
  }
});

test('an existing file is kept without --force and replaced with it', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  for (const target of targets) {
    await writeFile(folder.at(target), 'precious');
    await assertRefused(t, folder, ['convert', 'disk.raw', target], {
      code: 'TARGET_EXISTS',
      says: new RegExp(`: ${target}: exists already; choose another name, or replace it with --force`),
    });
    const replaced = await runCli(['convert', '--force', 'disk.raw', target], { cwd: folder.path });
    t.is(replaced.status, 0);
    const compared = await runCli(['compare', 'disk.raw', target], { cwd: folder.path });
    t.is(compared.status, 0);
  }
});

test('a conversion that fails leaves the file that it was to replace', async (t) => {
  await using folder = await makeFolder();
  await writeFile(folder.at('disk.raw'), noise(300_000));
  execFileSync('gzip', ['-n', folder.at('disk.raw')]);
  const { size } = await stat(folder.at('disk.raw.gz'));
  await patchFile(folder.at('disk.raw.gz'), size - 8, Buffer.from('wrong'));
  for (const target of targets) {
    await writeFile(folder.at(target), 'precious');
    await assertRefused(t, folder, ['convert', '--force', 'disk.raw.gz', target], {
      code: 'GZIP_CHECKSUM_MISMATCH',
      says: /: disk\.raw\.gz: /,
    });
  }
});

test('a symbolic link stays one, and the file it leads to is replaced', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  await mkdir(folder.at('elsewhere'));
  await writeFile(folder.at('elsewhere/real.raw'), 'old');
  await symlink('elsewhere/real.raw', folder.at('link.raw'));
  const { status } = await runCli(['convert', '--force', 'disk.raw', 'link.raw'], { cwd: folder.path });
  t.is(status, 0);
  t.is(await readlink(folder.at('link.raw')), 'elsewhere/real.raw');
  t.deepEqual(await readFile(folder.at('elsewhere/real.raw')), await readFile(folder.at('disk.raw')));
  t.deepEqual(Object.keys(await stateOf(folder.path)).sort(), [
    'disk.raw',
    'elsewhere',
    'elsewhere/real.raw',
    'link.raw',
  ]);
});

test('a symbolic link to nothing', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  await symlink('missing.raw', folder.at('link.raw'));
  for (const flags of [[], ['--force']]) {
    await assertRefused(t, folder, ['convert', ...flags, 'disk.raw', 'link.raw'], {
      code: 'IO_NOT_FOUND',
      says: /: link\.raw: is a symbolic link to a file that does not exist/,
    });
  }
});

test('a folder in which nothing may be made', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  await mkdir(folder.at('closed'));
  await chmod(folder.at('closed'), 0o555);
  for (const target of targets) {
    await assertRefused(t, folder, ['convert', 'disk.raw', `closed/${target}`], {
      code: 'IO_ACCESS_DENIED',
      says: new RegExp(`: closed/${target}: permission denied`),
      run: runWithoutPrivileges,
    });
  }
});

// The shell's limit is in KiB. Going beyond it sends a signal that ends a process which does not expect it.
const limited = (args: readonly string[], options = {}) =>
  runInShell('ulimit -f 100; exec "$@"', args, options);

test('a file that grows larger than is allowed', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  for (const target of targets) {
    await assertRefused(t, folder, ['convert', 'disk.raw', target], {
      code: 'IO_TOO_LARGE',
      says: new RegExp(`: ${target}: .*choose`),
      run: limited,
    });
  }
});

test('a temporary file that grows larger than is allowed is said to be one', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  execFileSync('gzip', ['-n', folder.at('disk.raw')]);
  await mkdir(folder.at('temporary'));
  for (const [target, place] of [
    ['new.qcow2', '.'],
    ['-', 'temporary'],
  ] as const) {
    await assertRefused(t, folder, ['convert', '-O', 'qcow2', 'disk.raw.gz', target], {
      code: 'IO_TOO_LARGE',
      says: new RegExp(`: ${place}: the temporary file here for the content of disk\\.raw\\.gz: `),
      run: limited,
      env: { TMPDIR: 'temporary' },
    });
  }
});

test('a place for temporary files that does not exist', async (t) => {
  await using folder = await makeFolder();
  await writeFile(folder.at('disk.raw'), prose(100_000));
  execFileSync('gzip', ['-n', folder.at('disk.raw')]);
  await assertRefused(t, folder, ['convert', '-O', 'raw', 'disk.raw.gz', '-'], {
    code: 'IO_NOT_FOUND',
    says: /: missing: the temporary file here for the content of disk\.raw\.gz: no such file/,
    env: { TMPDIR: 'missing' },
  });
});

test('permissions of a new file are those of any new file', async (t) => {
  await using folder = await makeFolder();
  await makeSource(folder);
  await chmod(folder.at('disk.raw'), 0o600);
  for (const target of targets) {
    const { status } = await runInShell('umask 027; exec "$@"', ['convert', 'disk.raw', target], {
      cwd: folder.path,
    });
    t.is(status, 0);
    t.is((await stat(folder.at(target))).mode & 0o777, 0o640);
  }
});

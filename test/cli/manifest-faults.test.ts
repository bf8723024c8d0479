import { mkdir, writeFile } from 'node:fs/promises';
import test from 'ava';
import type { ErrorCode } from '../../src/errors.js';
import { noAccount } from '../helpers/account.js';
import { makeFolder } from '../helpers/folder.js';
import { makeRaw } from '../helpers/images.js';
import { assertRefused } from '../helpers/refusal.js';

const url = 'https://h.example/b/disk.raw';
const create = ['manifest', 'create', '--name', 'name'];
const faults: ReadonlyArray<readonly [args: readonly string[], ErrorCode, status: number, says: RegExp]> = [
  [['--url', url, 'missing.raw'], 'IO_NOT_FOUND', 1, /manifest create: missing\.raw: no such file/],
  [['--url', url, 'folder.raw'], 'IO_NOT_A_FILE', 1, /folder\.raw: is a directory/],
  [['--url', url, 'bad.qcow2'], 'FORMAT_MISMATCH', 1, /bad\.qcow2: is named \.qcow2/],
  [['--bucket', 'my-images', 'disk.raw'], 'SIGN_NO_CREDENTIALS', 1, /OSC_ACCESS_KEY/],
  [['--url', url, '-o', 'old.json', 'disk.raw'], 'TARGET_EXISTS', 1, /old\.json: exists already.*--force/],
  [
    ['--url', url, '-o', 'missing/new.json', 'disk.raw'],
    'IO_NOT_FOUND',
    1,
    /its folder missing does not exist/,
  ],
  [['--url', url, '-o', 'folder.raw', 'disk.raw'], 'IO_NOT_A_FILE', 1, /folder\.raw: is a directory/],
  [
    ['--bucket', 'my-images', '--profile', 'p', 'disk.raw'],
    'CONFIG_NO_PROFILE',
    1,
    /no profile 'p' \(from --prof/,
  ],
  [
    ['--bucket', 'my-images', '--config', 'c', 'disk.raw'],
    'IO_NOT_FOUND',
    1,
    /manifest create: c: no such file/,
  ],
  [['--url', url, '--profile', 'p', 'disk.raw'], 'ARGUMENT_INVALID', 2, /cannot be used with/],
  [['disk.raw'], 'ARGUMENT_INVALID', 2, /give --bucket, or one --url per file/],
  [['--url', url, '--iops', '700', 'disk.raw'], 'MANIFEST_INVALID', 1, /disk\.raw.*iops 700/],
  [['--url', 'not a url', 'disk.raw'], 'MANIFEST_INVALID', 1, /./],
];

for (const [args, code, status, says] of faults) {
  test(`manifest create ${args.join(' ')}`, async (t) => {
    await using folder = await makeFolder();
    await makeRaw(folder.at('disk.raw'), 4096);
    await makeRaw(folder.at('bad.qcow2'), 4096);
    await mkdir(folder.at('folder.raw'));
    await writeFile(folder.at('old.json'), 'precious');
    await assertRefused(t, folder, [...create, ...args], { code, status, says, env: noAccount });
  });
}

import test from 'ava';
import { noAccount } from '../helpers/account.js';
import { runCli } from '../helpers/cli.js';
import { secret, urlOf } from '../helpers/manifest-text.js';

const url = urlOf('k.raw');
const mistaken: readonly (readonly string[])[] = [
  ['manifest', 'validate', url],
  ['manifest', 'show', url],
  ['manifest', 'repair', url],
  ['manifest', 'resign', url],
  ['manifest', 'create', '--name', 'name', '--url', url, url],
  ['manifest', 'repair', '-o', url, '/dev/null'],
  ['manifest', 'validate', '--at', url, 'm.json'],
  ['manifest', url],
  ['presign', '--config', url, 's3://my-images/k'],
  ['presign', '--expires', url, 's3://my-images/k'],
  ['presign', '--method', url, 's3://my-images/k'],
  ['presign', url],
  ['completion', url],
  ['info', url],
  ['convert', url, 'x.raw'],
  ['prepare', url, '--name', 'name', '-o', 'out'],
  ['prepare', url, '--name', 'name', '-o', 'out', '--json'],
  ['verify', url],
];

for (const args of mistaken) {
  test(`a URL in the wrong place stays a secret: ${args.map((arg) => (arg === url ? 'URL' : arg)).join(' ')}`, async (t) => {
    const { status, stdout, stderr } = await runCli(args, { env: noAccount });
    t.not(status, 0);
    t.regex(stderr, /k\.raw/);
    t.false(`${stdout}${stderr}`.includes(secret), stderr);
    t.false(`${stdout}${stderr}`.includes('AKTEST'), stderr);
  });
}

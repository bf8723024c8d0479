import { format, inspect } from 'node:util';
import test from 'ava';
import { environmentCredentials } from '../../src/cloud/credentials.js';
import { revealed, Secret } from '../../src/cloud/secret.js';

const secret = new Secret('top-secret');

test('a secret is told by reveal() alone', (t) => {
  t.is(secret.reveal(), 'top-secret');
  t.is(revealed(secret), 'top-secret');
  t.is(revealed('plain'), 'plain');
});

test('wherever else it goes, it says that it is hidden', (t) => {
  const holder = { deep: [{ secret }] };
  const shown = [
    String(secret),
    `${secret}`,
    `${secret as unknown as string}-`,
    JSON.stringify(holder),
    inspect(holder, { depth: 9, showHidden: true }),
    inspect(secret, { customInspect: false, showHidden: true }),
    format('%s %o %j', secret, secret, secret),
    JSON.stringify(structuredClone(secret)),
    Object.entries(secret).join(),
    new Error(`with ${secret}`).stack ?? '',
  ];
  for (const text of shown) t.false(text.includes('top-secret'), text);
  t.is(String(secret), '[hidden]');
  t.is(JSON.stringify({ secret }), '{"secret":"[hidden]"}');
  t.is(inspect({ secret }), '{ secret: [hidden] }');
});

test('keys that were looked up are safe to print', (t) => {
  const found = environmentCredentials({
    AWS_ACCESS_KEY_ID: 'access',
    AWS_SECRET_ACCESS_KEY: 'top-secret',
    AWS_SESSION_TOKEN: 'token-secret',
  });
  t.notRegex(
    inspect(found, { depth: 9, showHidden: true }) + JSON.stringify(found),
    /top-secret|token-secret/,
  );
});

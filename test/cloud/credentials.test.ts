import test from 'ava';
import { type Environment, environmentCredentials } from '../../src/cloud/credentials.js';
import { revealed } from '../../src/cloud/secret.js';
import { requireCredentials, resolveSettings } from '../../src/cloud/settings.js';
import { ForgeError } from '../../src/errors.js';

const osc = { OSC_ACCESS_KEY: 'osc-access', OSC_SECRET_KEY: 'osc-secret' };
const aws = { AWS_ACCESS_KEY_ID: 'aws-access', AWS_SECRET_ACCESS_KEY: 'aws-secret' };

const outscale = { OUTSCALE_ACCESSKEYID: 'outscale-access', OUTSCALE_SECRETKEYID: 'outscale-secret' };

/** What was found, with its secrets uncovered. */
function found(environment: Environment) {
  const { value, source } = requireCredentials(resolveSettings({}, environment, []));
  const { accessKey, secretKey, sessionToken } = value;
  const token = sessionToken === undefined ? undefined : revealed(sessionToken);
  return { accessKey, secretKey: revealed(secretKey), sessionToken: token, source };
}

test('OSC_ keys come before all others, and never with the session token of the others', (t) => {
  t.deepEqual(found({ ...aws, AWS_SESSION_TOKEN: 'aws-token', ...outscale, ...osc }), {
    accessKey: 'osc-access',
    secretKey: 'osc-secret',
    sessionToken: undefined,
    source: 'OSC_ACCESS_KEY',
  });
});

test('the older OUTSCALE_ keys come next', (t) => {
  t.deepEqual(found({ ...aws, AWS_SESSION_TOKEN: 'aws-token', ...outscale }), {
    accessKey: 'outscale-access',
    secretKey: 'outscale-secret',
    sessionToken: undefined,
    source: 'OUTSCALE_ACCESSKEYID',
  });
});

test('AWS_ keys are used with their session token when there are no others', (t) => {
  const environment = { ...aws, AWS_SESSION_TOKEN: 'aws-token', OSC_ACCESS_KEY: '' };
  t.deepEqual(found(environment), {
    accessKey: 'aws-access',
    secretKey: 'aws-secret',
    sessionToken: 'aws-token',
    source: 'AWS_ACCESS_KEY_ID',
  });
  t.is(found(aws).sessionToken, undefined);
});

const incomplete: readonly (readonly [Environment, string])[] = [
  [{ OSC_ACCESS_KEY: 'a' }, 'OSC_SECRET_KEY is not'],
  [{ OSC_SECRET_KEY: 's' }, 'OSC_ACCESS_KEY is not'],
  [{ OSC_ACCESS_KEY: 'a', ...aws }, 'OSC_SECRET_KEY is not'],
  [{ OSC_ACCESS_KEY: 'a', AWS_SECRET_ACCESS_KEY: 's' }, 'OSC_SECRET_KEY is not'],
  [{ OUTSCALE_ACCESSKEYID: 'a', ...aws }, 'OUTSCALE_SECRETKEYID is not'],
  [{ AWS_ACCESS_KEY_ID: 'a' }, 'AWS_SECRET_ACCESS_KEY is not'],
  [{ AWS_SECRET_ACCESS_KEY: 's' }, 'AWS_ACCESS_KEY_ID is not'],
  [{ OSC_ACCESS_KEY: 'a', OSC_SECRET_KEY: '' }, 'OSC_SECRET_KEY is not'],
  [{}, 'set OSC_ACCESS_KEY and OSC_SECRET_KEY'],
  [{ OSC_ACCESS_KEY: '', OSC_SECRET_KEY: '' }, 'set OSC_ACCESS_KEY and OSC_SECRET_KEY'],
];

for (const [environment, expected] of incomplete) {
  test(`no pair in ${JSON.stringify(environment)}`, (t) => {
    const error = t.throws(() => found(environment), { instanceOf: ForgeError });
    t.is(error.code, 'SIGN_NO_CREDENTIALS');
    t.true(error.message.includes(expected), error.message);
  });
}

test('a key with white space is refused by the name of its variable, without its value', (t) => {
  const error = t.throws(
    () => environmentCredentials({ OSC_ACCESS_KEY: 'access', OSC_SECRET_KEY: 'top-secret\n' }),
    {
      instanceOf: ForgeError,
    },
  );
  t.is(error.code, 'SIGN_NO_CREDENTIALS');
  t.true(error.message.includes('OSC_SECRET_KEY'));
  t.false(error.message.includes('top-secret'));
});

test('the region comes from the option, then from the variables in order, then is eu-west-2', (t) => {
  const region = (option: string | undefined, environment: Environment) =>
    resolveSettings({ region: option }, environment, []).region;
  const environment = {
    OSC_REGION: 'one',
    OUTSCALE_REGION: 'two',
    AWS_REGION: 'three',
    AWS_DEFAULT_REGION: 'four',
  };
  t.deepEqual(region('option', environment), { value: 'option', source: '--region' });
  t.deepEqual(region(undefined, environment), { value: 'one', source: 'OSC_REGION' });
  t.deepEqual(region(undefined, { ...environment, OSC_REGION: '' }), {
    value: 'two',
    source: 'OUTSCALE_REGION',
  });
  t.is(region(undefined, { AWS_DEFAULT_REGION: 'four', AWS_REGION: 'three' }).value, 'three');
  t.is(region(undefined, { AWS_DEFAULT_REGION: 'four' }).value, 'four');
  t.deepEqual(region(undefined, {}), { value: 'eu-west-2', source: 'default' });
});

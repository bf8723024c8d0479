import test from 'ava';
import { type Environment, readCredentials, readRegion } from '../../src/cloud/credentials.js';
import { ForgeError } from '../../src/errors.js';

const osc = { OSC_ACCESS_KEY: 'osc-access', OSC_SECRET_KEY: 'osc-secret' };
const aws = { AWS_ACCESS_KEY_ID: 'aws-access', AWS_SECRET_ACCESS_KEY: 'aws-secret' };

test('OSC_ keys come before AWS_ keys, and never with the session token of the others', (t) => {
  t.deepEqual(readCredentials({ ...aws, AWS_SESSION_TOKEN: 'aws-token', ...osc }), {
    accessKey: 'osc-access',
    secretKey: 'osc-secret',
    sessionToken: undefined,
  });
});

test('AWS_ keys are used with their session token when there are no OSC_ keys', (t) => {
  const environment = { ...aws, AWS_SESSION_TOKEN: 'aws-token', OSC_ACCESS_KEY: '' };
  t.deepEqual(readCredentials(environment), {
    accessKey: 'aws-access',
    secretKey: 'aws-secret',
    sessionToken: 'aws-token',
  });
  t.is(readCredentials(aws).sessionToken, undefined);
});

const incomplete: readonly (readonly [Environment, string])[] = [
  [{ OSC_ACCESS_KEY: 'a' }, 'OSC_SECRET_KEY is not'],
  [{ OSC_SECRET_KEY: 's' }, 'OSC_ACCESS_KEY is not'],
  [{ OSC_ACCESS_KEY: 'a', ...aws }, 'OSC_SECRET_KEY is not'],
  [{ OSC_ACCESS_KEY: 'a', AWS_SECRET_ACCESS_KEY: 's' }, 'OSC_SECRET_KEY is not'],
  [{ AWS_ACCESS_KEY_ID: 'a' }, 'AWS_SECRET_ACCESS_KEY is not'],
  [{ AWS_SECRET_ACCESS_KEY: 's' }, 'AWS_ACCESS_KEY_ID is not'],
  [{ OSC_ACCESS_KEY: 'a', OSC_SECRET_KEY: '' }, 'OSC_SECRET_KEY is not'],
  [{}, 'set OSC_ACCESS_KEY and OSC_SECRET_KEY'],
  [{ OSC_ACCESS_KEY: '', OSC_SECRET_KEY: '' }, 'set OSC_ACCESS_KEY and OSC_SECRET_KEY'],
];

for (const [environment, expected] of incomplete) {
  test(`no pair in ${JSON.stringify(environment)}`, (t) => {
    const error = t.throws(() => readCredentials(environment), { instanceOf: ForgeError });
    t.is(error.code, 'SIGN_NO_CREDENTIALS');
    t.true(error.message.includes(expected), error.message);
  });
}

test('a key with white space is refused by the name of its variable, without its value', (t) => {
  const error = t.throws(
    () => readCredentials({ OSC_ACCESS_KEY: 'access', OSC_SECRET_KEY: 'top-secret\n' }),
    {
      instanceOf: ForgeError,
    },
  );
  t.is(error.code, 'SIGN_NO_CREDENTIALS');
  t.true(error.message.includes('OSC_SECRET_KEY'));
  t.false(error.message.includes('top-secret'));
});

test('the region comes from the option, then from the variables in order, then is eu-west-2', (t) => {
  const environment = { OSC_REGION: 'one', AWS_REGION: 'two', AWS_DEFAULT_REGION: 'three' };
  t.is(readRegion('option', environment), 'option');
  t.is(readRegion(undefined, environment), 'one');
  t.is(readRegion(undefined, { ...environment, OSC_REGION: '' }), 'two');
  t.is(readRegion(undefined, { AWS_DEFAULT_REGION: 'three' }), 'three');
  t.is(readRegion(undefined, {}), 'eu-west-2');
});

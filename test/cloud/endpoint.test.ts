import test from 'ava';
import { endpointOfHost, normalisedEndpoint, resolveEndpoint } from '../../src/cloud/endpoint.js';
import { ForgeError } from '../../src/errors.js';

test('the default endpoint follows the region', (t) => {
  t.is(resolveEndpoint('us-east-2').origin, 'https://oos.us-east-2.outscale.com');
});

for (const endpoint of ['http://127.0.0.1:7480', 'https://storage.example:8443/', 'http://[::1]:9000']) {
  test(`endpoint ${endpoint} is taken`, (t) => {
    t.is(resolveEndpoint('eu-west-2', endpoint).origin, endpoint.replace(/\/$/, ''));
  });
}

const refused = [
  'oos.eu-west-2.outscale.com',
  'ftp://storage.example',
  'https://storage.example/base',
  'https://storage.example?x=1',
  'https://storage.example/?',
  'https://storage.example/#top',
  'https://user:hidden@storage.example',
  ' https://storage.example',
  '',
];

for (const endpoint of refused) {
  test(`endpoint '${endpoint}' is refused`, (t) => {
    const error = t.throws(() => resolveEndpoint('eu-west-2', endpoint), { instanceOf: ForgeError });
    t.is(error.code, 'SIGN_INVALID');
    t.false(error.message.includes('hidden'));
  });
}

for (const region of ['', 'EU', 'eu.west', 'evil.example/', 'eu-west-2@evil.example', 'a'.repeat(64)]) {
  test(`region '${region}' is refused, with and without an endpoint`, (t) => {
    t.is(t.throws(() => resolveEndpoint(region), { instanceOf: ForgeError }).code, 'SIGN_INVALID');
    t.is(
      t.throws(() => resolveEndpoint(region, 'https://a.example'), { instanceOf: ForgeError }).code,
      'SIGN_INVALID',
    );
  });
}

const forms: readonly (readonly [string, string])[] = [
  ['https://oos.eu-west-2.outscale.com', 'https://oos.eu-west-2.outscale.com'],
  ['https://oos.eu-west-2.outscale.com/', 'https://oos.eu-west-2.outscale.com'],
  ['https://oos.eu-west-2.outscale.com/api/v1', 'https://oos.eu-west-2.outscale.com'],
  ['https://oos.eu-west-2.outscale.com/api/latest/', 'https://oos.eu-west-2.outscale.com'],
  ['oos.eu-west-2.outscale.com', 'http://oos.eu-west-2.outscale.com'],
  ['oos.eu-west-2.outscale.com/api/v1', 'http://oos.eu-west-2.outscale.com'],
  [' HTTPS://storage.example:8443 ', 'https://storage.example:8443'],
  ['localhost:9000', 'http://localhost:9000'],
];

for (const [text, expected] of forms) {
  test(`a configured endpoint '${text}' is ${expected}`, (t) => {
    t.is(resolveEndpoint('eu-west-2', normalisedEndpoint(text, 'http')).origin, expected);
  });
}

for (const text of [
  'https://storage.example/bucket',
  'ftp://storage.example',
  'user:hidden@storage.example',
  '?',
]) {
  test(`a configured endpoint '${text}' is refused, by its place`, (t) => {
    const error = t.throws(
      () => resolveEndpoint('eu-west-2', normalisedEndpoint(text, 'https'), 'OSC_ENDPOINT_OOS'),
      {
        instanceOf: ForgeError,
      },
    );
    t.is(error.code, 'SIGN_INVALID');
    t.regex(error.message, /^OSC_ENDPOINT_OOS is not a plain/);
    t.false(error.message.includes('hidden'));
  });
}

test('an older host is the domain of all services, or one service in the region', (t) => {
  for (const host of ['outscale.com', 'api.eu-west-2.outscale.com', 'fcu.eu-west-2.outscale.com']) {
    t.is(endpointOfHost(host, 'eu-west-2', 'https'), 'https://oos.eu-west-2.outscale.com');
  }
  t.is(endpointOfHost('cloud.example', 'eu-west-2', 'http'), 'http://oos.eu-west-2.cloud.example');
});

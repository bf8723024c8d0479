import test from 'ava';
import { resolveEndpoint } from '../../src/cloud/endpoint.js';
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

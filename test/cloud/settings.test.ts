import test from 'ava';
import type { ConfigFile } from '../../src/cloud/configuration.js';
import type { Environment } from '../../src/cloud/credentials.js';
import { revealed } from '../../src/cloud/secret.js';
import { requireCredentials, resolveSettings, type SettingsFlags } from '../../src/cloud/settings.js';
import { ForgeError } from '../../src/errors.js';

function file(profiles: Record<string, unknown>, settings: Partial<ConfigFile> = {}): ConfigFile {
  const content = new Map(Object.entries(profiles));
  return { name: '~/.osc/config.json', isAsked: false, mode: 0o600, content, ...settings };
}

function broken(settings: Partial<ConfigFile> = {}): ConfigFile {
  const content = new ForgeError('CONFIG_INVALID', 'is not JSON', { path: '~/.osc/config.json' });
  return file({}, { ...settings, content });
}

const legacy = { name: '~/.osc_sdk/config.json' };
const keys = (name: string) => ({ access_key: `${name}-access`, secret_key: `${name}-secret` });
const environmentKeys = { OSC_ACCESS_KEY: 'env-access', OSC_SECRET_KEY: 'env-secret' };

/** What is used of each, as "value (source)". */
function used(flags: SettingsFlags, environment: Environment, ...files: readonly ConfigFile[]) {
  const settings = resolveSettings(flags, environment, files);
  const { value, source } = requireCredentials(settings);
  const pair = `${value.accessKey}/${revealed(value.secretKey)}`;
  return {
    keys: `${pair} (${source})`,
    region: `${settings.region.value} (${settings.region.source})`,
    endpoint: `${settings.endpoint.value.origin} (${settings.endpoint.source})`,
    warnings: settings.warnings,
  };
}

function refusal(
  flags: SettingsFlags,
  environment: Environment,
  ...files: readonly ConfigFile[]
): ForgeError {
  try {
    used(flags, environment, ...files);
  } catch (error) {
    if (error instanceof ForgeError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('the profile called default has all that the environment has not', (t) => {
  const config = file({
    other: keys('other'),
    default: { ...keys('default'), region: 'us-east-2', endpoints: { oos: 'storage.example/api/v1' } },
  });
  t.deepEqual(used({}, {}, config), {
    keys: 'default-access/default-secret (profile default of ~/.osc/config.json)',
    region: 'us-east-2 (profile default of ~/.osc/config.json)',
    endpoint: 'https://storage.example (profile default of ~/.osc/config.json)',
    warnings: [],
  });
});

test('flags come first, then the environment, value by value', (t) => {
  const config = file({
    default: { ...keys('default'), region: 'us-east-2', endpoints: { oos: 'https://storage.example' } },
  });
  const environment = {
    ...environmentKeys,
    OSC_REGION: 'us-west-1',
    OSC_ENDPOINT_OOS: 'http://env.example/',
  };
  t.deepEqual(used({}, environment, config), {
    keys: 'env-access/env-secret (OSC_ACCESS_KEY)',
    region: 'us-west-1 (OSC_REGION)',
    endpoint: 'http://env.example (OSC_ENDPOINT_OOS)',
    warnings: [],
  });
  const flags = { region: 'eu-west-2', endpoint: 'http://flag.example' };
  t.like(used(flags, environment, config), {
    region: 'eu-west-2 (--region)',
    endpoint: 'http://flag.example (--endpoint)',
  });
  t.is(used({}, environmentKeys, config).region, 'us-east-2 (profile default of ~/.osc/config.json)');
});

test('a profile or file that a flag names comes before the environment; one that OSC_PROFILE names does not', (t) => {
  const environment = { ...environmentKeys, OSC_REGION: 'us-west-1' };
  const config = file({ prod: { ...keys('prod'), region: 'us-east-2' }, default: keys('default') });
  t.like(used({ profile: 'prod' }, environment, config), {
    keys: 'prod-access/prod-secret (profile prod of ~/.osc/config.json)',
    region: 'us-east-2 (profile prod of ~/.osc/config.json)',
  });
  const named = { ...config, name: 'my.json', isAsked: true };
  t.is(
    used({ config: 'my.json' }, environment, named).keys,
    'default-access/default-secret (profile default of my.json)',
  );
  const byVariable = { ...environment, OSC_PROFILE: 'prod' };
  t.is(used({}, byVariable, config).keys, 'env-access/env-secret (OSC_ACCESS_KEY)');
  t.is(
    used({}, { OSC_PROFILE: 'prod' }, config).keys,
    'prod-access/prod-secret (profile prod of ~/.osc/config.json)',
  );
  t.is(used({ profile: 'default' }, byVariable, config).keys.startsWith('default-access'), true);
});

test('a profile that is marked as the default one is it', (t) => {
  const config = file({ default: keys('default'), prod: { ...keys('prod'), default: true } });
  t.regex(used({}, {}, config).keys, /^prod-access/);
  t.regex(used({ profile: 'default' }, {}, config).keys, /^default-access/);
  const unmarked = file({ prod: { ...keys('prod'), default: 'yes' } });
  t.is(refusal({}, {}, unmarked).code, 'SIGN_NO_CREDENTIALS');
});

test('the older file is used for what the newer one has no profile of, and its profiles are never mixed', (t) => {
  const older = file({ default: { ...keys('old'), region: 'us-west-1' }, only: keys('only') }, legacy);
  t.like(used({}, {}, file({ default: keys('new') }), older), {
    keys: 'new-access/new-secret (profile default of ~/.osc/config.json)',
    region: 'eu-west-2 (default)',
  });
  t.regex(used({ profile: 'only' }, {}, file({ default: keys('new') }), older).keys, /^only-access/);
  t.like(used({}, {}, file({ prod: keys('prod') }), older), {
    keys: 'old-access/old-secret (profile default of ~/.osc_sdk/config.json)',
    region: 'us-west-1 (profile default of ~/.osc_sdk/config.json)',
  });
});

test('older names of region and host, and the protocol', (t) => {
  const endpoint = (profile: object, environment: Environment = {}) =>
    used({}, environment, file({ default: { ...keys('k'), ...profile } })).endpoint.replace(/ .*/, '');
  t.is(endpoint({ region_name: 'us-east-2' }), 'https://oos.us-east-2.outscale.com');
  t.is(endpoint({ region_name: 'us-east-2', region: 'us-west-1' }), 'https://oos.us-west-1.outscale.com');
  t.is(endpoint({ host: 'cloud.example', https: false }), 'http://oos.eu-west-2.cloud.example');
  t.is(endpoint({ host: 'api.eu-west-2.cloud.example', https: true }), 'https://oos.eu-west-2.cloud.example');
  t.is(endpoint({ protocol: 'http', https: true }), 'http://oos.eu-west-2.outscale.com');
  t.is(endpoint({ protocol: 'http' }, { OSC_PROTOCOL: 'HTTPS' }), 'https://oos.eu-west-2.outscale.com');
  t.is(endpoint({ host: 'cloud.example', endpoints: { oos: 'https://s.example' } }), 'https://s.example');
  t.is(endpoint({ endpoints: { api: 'https://api.example/api/v1' } }), 'https://oos.eu-west-2.outscale.com');
  t.is(
    endpoint({ region: null, endpoints: null, host: '', https: null }),
    'https://oos.eu-west-2.outscale.com',
  );
});

test('a profile that was asked for and is not there is refused with the names that are', (t) => {
  const config = file({ default: {}, 'pro\nd': {} });
  for (const [flags, environment, source] of [
    [{ profile: 'stage' }, environmentKeys, '--profile'],
    [{}, { ...environmentKeys, OSC_PROFILE: 'stage' }, 'OSC_PROFILE'],
  ] as const) {
    const error = refusal(flags, environment, config, file({ old: {} }, legacy));
    t.is(error.code, 'CONFIG_NO_PROFILE');
    t.regex(
      error.message,
      new RegExp(`no profile 'stage' \\(from ${source}\\).*default, pro\\\\u000ad, old`),
    );
  }
  t.regex(
    refusal({ profile: 'x' }, {}).message,
    /neither ~\/\.osc\/config\.json nor ~\/\.osc_sdk\/config\.json/,
  );
  t.regex(refusal({ profile: 'x' }, {}, file({})).message, /has no profile/);
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`p${index}`, {}]));
  t.regex(refusal({ profile: 'x' }, {}, file(many)).message, /p19, and 980 more/);
});

test('names that every object has are no profiles', (t) => {
  for (const profile of ['constructor', '__proto__', 'toString']) {
    t.is(refusal({ profile }, {}, file({ default: keys('k') })).code, 'CONFIG_NO_PROFILE');
  }
});

test('half a pair of a profile is refused, and never completed from elsewhere', (t) => {
  const config = file({ default: { access_key: 'hidden-access' } });
  const half = refusal({}, { AWS_REGION: 'eu-west-2' }, config);
  t.is(half.code, 'SIGN_NO_CREDENTIALS');
  t.is(
    half.message,
    'profile default of ~/.osc/config.json has access_key but no secret_key; set both, or neither',
  );
  t.is(refusal({ profile: 'default' }, environmentKeys, config).message, half.message);
  t.regex(
    refusal({}, {}, file({ default: { secret_key: 'hidden' } })).message,
    /has secret_key but no access_key/,
  );
  // Where the profile is not needed, its half a pair is no matter.
  t.regex(used({}, environmentKeys, config).keys, /^env-access/);
});

test('half a pair of the environment is refused, even where a profile has a whole one', (t) => {
  const config = file({ default: keys('default') });
  t.regex(
    refusal({}, { OSC_ACCESS_KEY: 'hidden' }, config).message,
    /^OSC_ACCESS_KEY is set but OSC_SECRET_KEY is not/,
  );
});

test('a profile without keys leaves them to the environment', (t) => {
  const config = file({ prod: { region: 'us-east-2' } });
  t.like(used({ profile: 'prod' }, environmentKeys, config), {
    keys: 'env-access/env-secret (OSC_ACCESS_KEY)',
    region: 'us-east-2 (profile prod of ~/.osc/config.json)',
  });
});

const wrong: readonly (readonly [unknown, RegExp])[] = [
  ['text', /profile 'default' is a string; use an object/],
  [null, /profile 'default' is null/],
  [[keys('k')], /profile 'default' is a list/],
  [{ access_key: 12_345, secret_key: 'hidden' }, /access_key in profile 'default' is a number; use a text/],
  [{ access_key: 'hidden', secret_key: ['hidden'] }, /secret_key in profile 'default' is a list; use a text/],
  [{ ...keys('hidden'), region: {} }, /region in profile 'default' is an object; use a text/],
  [{ ...keys('hidden'), endpoints: 'hidden' }, /endpoints in profile 'default' is a string; use an object/],
  [{ ...keys('hidden'), endpoints: { oos: 1 } }, /oos in profile 'default' is a number; use a text/],
  [{ ...keys('hidden'), https: 'hidden' }, /https in profile 'default' is a string; use true or false/],
  [{ ...keys('hidden'), host: 1 }, /host in profile 'default' is a number/],
];

for (const [profile, says] of wrong) {
  test(`refused: ${says.source}`, (t) => {
    const error = refusal({}, {}, file({ default: profile }));
    t.is(error.code, 'CONFIG_INVALID');
    t.is(error.path, '~/.osc/config.json');
    t.regex(error.message, says);
    t.notRegex(error.message, /hidden/);
  });
}

test('what cannot be used of a good profile is refused by its place, without its value', (t) => {
  const secret = refusal({}, {}, file({ default: { access_key: 'a', secret_key: 'hidden\n' } }));
  t.is(secret.code, 'SIGN_NO_CREDENTIALS');
  t.regex(secret.message, /^secret_key in profile default of ~\/\.osc\/config\.json has white space/);
  const endpoint = refusal(
    {},
    {},
    file({ default: { ...keys('k'), endpoints: { oos: 'https://u:hidden@h' } } }),
  );
  t.is(endpoint.code, 'SIGN_INVALID');
  t.regex(endpoint.message, /^the endpoint of profile default of ~\/\.osc\/config\.json is not a plain/);
  const protocol = refusal({}, {}, file({ default: { ...keys('k'), protocol: 'gopher' } }));
  t.regex(protocol.message, /^the protocol of profile default .* use https or http/);
  const region = refusal({}, {}, file({ default: { ...keys('k'), region: 'EU West' } }));
  t.regex(region.message, /^'EU West' \(from profile default of .*\) is not a region/);
  for (const error of [secret, endpoint]) t.notRegex(error.message, /hidden/);
});

test('a file that cannot be used is refused where it was asked for, or may have the keys', (t) => {
  t.is(refusal({}, {}, broken()).code, 'CONFIG_INVALID');
  t.is(refusal({ profile: 'x' }, environmentKeys, broken()).code, 'CONFIG_INVALID');
  t.is(refusal({ config: 'c' }, environmentKeys, broken({ isAsked: true })).code, 'CONFIG_INVALID');
  // What the newer file would say goes before the older one, whatever that has.
  t.is(refusal({}, {}, broken(), file({ default: keys('old') }, legacy)).code, 'CONFIG_INVALID');
});

test('where it is not needed, there is a warning', (t) => {
  t.deepEqual(used({}, environmentKeys, broken()).warnings, [
    'not used: ~/.osc/config.json: is not JSON [CONFIG_INVALID]',
  ]);
});

test('a file with keys that others may read is warned of, where its keys are used', (t) => {
  for (const mode of [0o644, 0o640, 0o604, 0o620]) {
    const { warnings } = used({}, {}, file({ default: keys('k') }, { mode }));
    t.is(warnings.length, 1);
    t.regex(warnings[0] ?? '', new RegExp(`open to other users.*mode ${mode.toString(8)}.*chmod 600`));
  }
  t.deepEqual(used({}, environmentKeys, file({ default: keys('k') }, { mode: 0o644 })).warnings, []);
  t.deepEqual(used({}, {}, file({ default: keys('k') }, { mode: 0o700 })).warnings, []);
});

test('without any keys it says where to put them', (t) => {
  const error = refusal({}, {});
  t.is(error.code, 'SIGN_NO_CREDENTIALS');
  t.regex(error.message, /OSC_ACCESS_KEY and OSC_SECRET_KEY .*~\/\.osc\/config\.json/);
});

import { ForgeError } from '../errors.js';
import type { ConfigFile, SoundFile } from './configuration.js';
import { type Credentials, type Environment, environmentCredentials, type Sourced } from './credentials.js';
import {
  checkRegion,
  endpointOfHost,
  normalisedEndpoint,
  type Protocol,
  resolveEndpoint,
} from './endpoint.js';
import {
  chooseProfile,
  isHttpsIn,
  oosEndpointIn,
  type Profile,
  profileCredentials,
  textIn,
} from './profile.js';

/** What a user says of the cloud besides the environment and the configuration. */
export interface SettingsFlags {
  /** Name of a profile of the configuration, which then comes before the environment. */
  readonly profile?: string | undefined;
  /** Path of a configuration file, which then comes before the environment. */
  readonly config?: string | undefined;
  readonly region?: string | undefined;
  /** Scheme, host and port of the object storage. */
  readonly endpoint?: string | undefined;
}

/** Which region and object storage to use, each with where it comes from. */
export interface Storage {
  readonly region: Sourced<string>;
  readonly endpoint: Sourced<URL>;
}

/** The same with the keys. */
export interface Settings extends Storage {
  /** Undefined where there are none: {@link requireCredentials} says so. */
  readonly credentials: Sourced<Credentials> | undefined;
  /** What to mind of the configuration, one line each. */
  readonly warnings: readonly string[];
}

/** One of the places where settings are; each is asked only for what no place before it has. */
interface Place {
  credentials(): Sourced<Credentials> | undefined;
  region(): Sourced<string> | undefined;
  protocol(): Sourced<string> | undefined;
  endpoint(region: string, protocol: Protocol): Sourced<string> | undefined;
}

const regionVariables = ['OSC_REGION', 'OUTSCALE_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'] as const;
const defaultRegion = 'eu-west-2';

/**
 * What holds, value by value: flag, then environment, then profile, then default. A profile or a file that a flag names
 * comes before the environment: who names one means it. A pair of keys always comes from one place.
 *
 * @throws ForgeError `CONFIG_*`, or what reading raised, when a file that was asked for, or that is needed, cannot be
 * used; `SIGN_NO_CREDENTIALS` for half a pair of keys; `SIGN_INVALID` for a region or an endpoint that is none
 */
export function resolveSettings(
  flags: SettingsFlags,
  environment: Environment,
  files: readonly ConfigFile[],
): Settings {
  const { sound, fault } = untilFault(files);
  if (fault !== undefined && files.some(({ isAsked }) => isAsked)) throw fault;
  const asked = given(flags.profile, '--profile') ?? variable(environment, 'OSC_PROFILE');
  if (asked !== undefined && fault !== undefined && !sound.some(({ content }) => content.has(asked.value))) {
    throw fault;
  }
  const profile = chooseProfile(asked, sound);
  const inFile = profile === undefined ? [] : [profilePlace(profile)];
  const isNamed = flags.profile !== undefined || flags.config !== undefined;
  const places = isNamed
    ? [...inFile, environmentPlace(environment)]
    : [environmentPlace(environment), ...inFile];

  const credentials = first(places, (place) => place.credentials());
  // The keys might have been in it.
  if (credentials === undefined && fault !== undefined) throw fault;
  return {
    credentials,
    ...locate(flags, places),
    warnings: [
      ...(fault === undefined ? [] : [`not used: ${fault.toLine()}`]),
      ...(profile !== undefined && credentials?.source === profile.source ? modeWarnings(profile.file) : []),
    ],
  };
}

/**
 * Region and object storage for keys that come from elsewhere: flag, then environment, then default.
 *
 * @throws ForgeError `SIGN_INVALID`
 */
export function storageWithoutProfile(flags: SettingsFlags, environment: Environment): Storage {
  return locate(flags, [environmentPlace(environment)]);
}

/**
 * The keys of settings.
 *
 * @throws ForgeError `SIGN_NO_CREDENTIALS` when there are none
 */
export function requireCredentials({ credentials }: Settings): Sourced<Credentials> {
  if (credentials !== undefined) return credentials;
  throw new ForgeError(
    'SIGN_NO_CREDENTIALS',
    'no access key and secret key in the environment, nor in a profile; set OSC_ACCESS_KEY and OSC_SECRET_KEY (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or write them to ~/.osc/config.json',
  );
}

/** The files before one that cannot be used: what it would say goes before what those behind it do. */
function untilFault(files: readonly ConfigFile[]): {
  readonly sound: readonly SoundFile[];
  readonly fault: ForgeError | undefined;
} {
  const sound: SoundFile[] = [];
  for (const file of files) {
    const { content } = file;
    if (content instanceof ForgeError) return { sound, fault: content };
    sound.push({ ...file, content });
  }
  return { sound, fault: undefined };
}

function locate(flags: SettingsFlags, places: readonly Place[]): Storage {
  const region = given(flags.region, '--region') ??
    first(places, (place) => place.region()) ?? { value: defaultRegion, source: 'default' };
  checkRegion(region.value, region.source);
  return { region, endpoint: findEndpoint(flags, places, region.value) };
}

function findEndpoint(flags: SettingsFlags, places: readonly Place[], region: string): Sourced<URL> {
  // What is given by hand is taken as it is, or refused.
  if (flags.endpoint !== undefined) {
    return { value: resolveEndpoint(region, flags.endpoint), source: '--endpoint' };
  }
  const protocol = checkedProtocol(first(places, (place) => place.protocol()));
  const found = first(places, (place) => place.endpoint(region, protocol)) ?? {
    value: `${protocol}://oos.${region}.outscale.com`,
    source: 'default of the region',
  };
  const value = resolveEndpoint(region, found.value, `the endpoint of ${found.source}`);
  return { value, source: found.source };
}

function checkedProtocol(found: Sourced<string> | undefined): Protocol {
  const protocol = found?.value.toLowerCase() ?? 'https';
  if (protocol === 'https' || protocol === 'http') return protocol;
  throw new ForgeError('SIGN_INVALID', `the protocol of ${found?.source} is not allowed; use https or http`);
}

function environmentPlace(environment: Environment): Place {
  return {
    credentials: () => environmentCredentials(environment),
    region: () => first(regionVariables, (name) => variable(environment, name)),
    protocol: () => variable(environment, 'OSC_PROTOCOL'),
    endpoint: (_region, protocol) => {
      const found = variable(environment, 'OSC_ENDPOINT_OOS');
      return found && { ...found, value: normalisedEndpoint(found.value, protocol) };
    },
  };
}

function profilePlace(profile: Profile): Place {
  const { source, values } = profile;
  const sourced = (value: string | undefined) => (value === undefined ? undefined : { value, source });
  return {
    credentials: () => profileCredentials(profile),
    region: () => sourced(textIn(values, 'region', profile) ?? textIn(values, 'region_name', profile)),
    protocol: () => {
      const isHttps = isHttpsIn(profile);
      const older = isHttps === undefined ? undefined : isHttps ? 'https' : 'http';
      return sourced(textIn(values, 'protocol', profile) ?? older);
    },
    endpoint: (region, protocol) => {
      const endpoint = oosEndpointIn(profile);
      if (endpoint !== undefined) return sourced(normalisedEndpoint(endpoint, protocol));
      const host = textIn(values, 'host', profile);
      return sourced(host === undefined ? undefined : endpointOfHost(host, region, protocol));
    },
  };
}

function modeWarnings({ name, mode = 0 }: ConfigFile): readonly string[] {
  if ((mode & 0o066) === 0) return [];
  return [
    `${name} has keys in it and is open to other users of this machine (mode ${octal(mode)}); run 'chmod 600 ${name}'`,
  ];
}

/** Permission bits as `chmod` has them. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(3, '0');
}

function given(value: string | undefined, source: string): Sourced<string> | undefined {
  return value === undefined ? undefined : { value, source };
}

/** A variable of the environment; empty is like left out. */
function variable(environment: Environment, name: string): Sourced<string> | undefined {
  return given(environment[name] || undefined, name);
}

function first<Item, Found>(
  items: readonly Item[],
  find: (item: Item) => Found | undefined,
): Found | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

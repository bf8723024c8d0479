import { ForgeError } from '../errors.js';
import { inOneLine, quoted } from '../quoted.js';
import { configPlaces, kindOf, type SoundFile } from './configuration.js';
import { type Credentials, checkKeyText, hide, type Sourced } from './credentials.js';

/** A profile that was chosen, with the file that has it. */
export interface Profile {
  readonly name: string;
  readonly file: SoundFile;
  /** Such as `profile default of ~/.osc/config.json`. */
  readonly source: string;
  readonly values: Readonly<Record<string, unknown>>;
}

const defaultName = 'default';
// A file may have any number of names.
const mostNamesTold = 20;

/**
 * The profile that was asked for, else the one marked `"default": true`, else the one called `default`: of the first
 * file that has one.
 *
 * @throws ForgeError `CONFIG_NO_PROFILE` when there is none of the name that was asked for, `CONFIG_INVALID` when the
 * profile is no object
 */
export function chooseProfile(
  asked: Sourced<string> | undefined,
  files: readonly SoundFile[],
): Profile | undefined {
  for (const file of files) {
    const name = asked?.value ?? defaultOf(file.content);
    if (file.content.has(name)) return profileOf(name, file.content.get(name), file);
  }
  if (asked !== undefined) throw noProfile(asked, files);
  return undefined;
}

function defaultOf(profiles: ReadonlyMap<string, unknown>): string {
  for (const [name, values] of profiles) {
    if (isObject(values) && values['default'] === true) return name;
  }
  return defaultName;
}

function profileOf(name: string, values: unknown, file: SoundFile): Profile {
  const source = `profile ${inOneLine(name)} of ${file.name}`;
  if (isObject(values)) return { name, file, source, values };
  throw new ForgeError('CONFIG_INVALID', `profile ${quoted(name)} is ${kindOf(values)}; use an object`, {
    path: file.name,
  });
}

function noProfile({ value, source }: Sourced<string>, files: readonly SoundFile[]): ForgeError {
  const names = files.flatMap(({ content }) => [...content.keys()]);
  const more = names.length - mostNamesTold;
  const told = [
    ...names.slice(0, mostNamesTold).map(inOneLine),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join(', ');
  const places = configPlaces.map((place) => `~/${place}`).join(' nor ');
  const found =
    files.length === 0
      ? `there is neither ${places}`
      : `${files.map(({ name }) => name).join(' and ')} has ${told || 'no profile'}`;
  return new ForgeError(
    'CONFIG_NO_PROFILE',
    `there is no profile ${quoted(value)} (from ${source}): ${found}; use one that is there`,
  );
}

/**
 * The keys of a profile: both, or none.
 *
 * @throws ForgeError `SIGN_NO_CREDENTIALS` when there is half a pair, or a key with white space in it
 */
export function profileCredentials(profile: Profile): Sourced<Credentials> | undefined {
  const accessKey = keyIn(profile, 'access_key');
  const secretKey = keyIn(profile, 'secret_key');
  if (accessKey === undefined && secretKey === undefined) return undefined;
  if (accessKey !== undefined && secretKey !== undefined) {
    return { value: hide(accessKey, secretKey), source: profile.source };
  }
  const [present, absent] =
    accessKey === undefined ? ['secret_key', 'access_key'] : ['access_key', 'secret_key'];
  throw new ForgeError(
    'SIGN_NO_CREDENTIALS',
    `${profile.source} has ${present} but no ${absent}; set both, or neither`,
  );
}

function keyIn(profile: Profile, key: string): string | undefined {
  const text = textIn(profile.values, key, profile);
  return text === undefined ? undefined : checkKeyText(text, `${key} in ${profile.source}`);
}

/**
 * A text in a profile; empty is like left out.
 *
 * @throws ForgeError `CONFIG_INVALID` when it is anything else
 */
export function textIn(
  values: Readonly<Record<string, unknown>>,
  key: string,
  profile: Profile,
): string | undefined {
  const value = Object.hasOwn(values, key) ? values[key] : undefined;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw wrongKind(key, value, 'a text', profile);
}

/** The endpoint of the object storage in `endpoints`. */
export function oosEndpointIn(profile: Profile): string | undefined {
  const { endpoints } = profile.values;
  if (endpoints === undefined || endpoints === null) return undefined;
  if (!isObject(endpoints)) throw wrongKind('endpoints', endpoints, 'an object', profile);
  return textIn(endpoints, 'oos', profile);
}

/** `https` of older configurations; undefined where it is not said. */
export function isHttpsIn(profile: Profile): boolean | undefined {
  const { https } = profile.values;
  if (https === undefined || https === null) return undefined;
  if (typeof https === 'boolean') return https;
  throw wrongKind('https', https, 'true or false', profile);
}

function wrongKind(key: string, value: unknown, allowed: string, profile: Profile): ForgeError {
  return new ForgeError(
    'CONFIG_INVALID',
    `${key} in profile ${quoted(profile.name)} is ${kindOf(value)}; use ${allowed}`,
    { path: profile.file.name },
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

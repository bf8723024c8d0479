import { ForgeError } from '../errors.js';

/** Variables of the environment, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** An access key with its secret. */
export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of temporary keys only: it ends earlier than a URL signed with it may say. */
  readonly sessionToken?: string | undefined;
}

const families = [
  { access: 'OSC_ACCESS_KEY', secret: 'OSC_SECRET_KEY', token: undefined },
  { access: 'AWS_ACCESS_KEY_ID', secret: 'AWS_SECRET_ACCESS_KEY', token: 'AWS_SESSION_TOKEN' },
] as const;

const regionVariables = ['OSC_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'] as const;
const defaultRegion = 'eu-west-2';

/**
 * The keys in `environment`: OSC_ACCESS_KEY with OSC_SECRET_KEY, else AWS_ACCESS_KEY_ID with
 * AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. The two families are never mixed; an empty variable is no variable.
 *
 * @throws ForgeError `SIGN_NO_CREDENTIALS` when there is no pair, half a pair, or a key with white space in it.
 */
export function readCredentials(environment: Environment): Credentials {
  for (const { access, secret, token } of families) {
    const accessKey = read(environment, access);
    const secretKey = read(environment, secret);
    if (accessKey === undefined && secretKey === undefined) continue;
    if (accessKey === undefined) throw missing(access, secret);
    if (secretKey === undefined) throw missing(secret, access);
    return { accessKey, secretKey, sessionToken: token === undefined ? undefined : read(environment, token) };
  }
  throw new ForgeError(
    'SIGN_NO_CREDENTIALS',
    'no access key and secret key in the environment; set OSC_ACCESS_KEY and OSC_SECRET_KEY (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)',
  );
}

/** The region: `option`, else OSC_REGION, AWS_REGION or AWS_DEFAULT_REGION, else eu-west-2. */
export function readRegion(option: string | undefined, environment: Environment): string {
  if (option !== undefined) return option;
  const variable = regionVariables.find((name) => environment[name]);
  return (variable === undefined ? undefined : environment[variable]) ?? defaultRegion;
}

function read(environment: Environment, variable: string): string | undefined {
  const value = environment[variable];
  if (value === undefined || value === '') return undefined;
  // A stray line break or space signs without complaint, and the import then fails hours later.
  if (/[\s\p{Cc}]/u.test(value)) {
    throw new ForgeError('SIGN_NO_CREDENTIALS', `${variable} has white space in it; set it to the key alone`);
  }
  return value;
}

function missing(absent: string, present: string): ForgeError {
  return new ForgeError(
    'SIGN_NO_CREDENTIALS',
    `${present} is set but ${absent} is not; set both, or neither`,
  );
}

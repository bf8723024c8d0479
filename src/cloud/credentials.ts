import { ForgeError } from '../errors.js';
import { Secret } from './secret.js';

/** Variables of the environment, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A value, and where it comes from in words, such as `OSC_REGION` or `profile default of ~/.osc/config.json`. */
export interface Sourced<T> {
  readonly value: T;
  readonly source: string;
}

/** An access key with its secret. */
export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: Secret | string;
  /** Of temporary keys only: it ends earlier than a URL signed with it may say. */
  readonly sessionToken?: Secret | string | undefined;
}

const families = [
  { access: 'OSC_ACCESS_KEY', secret: 'OSC_SECRET_KEY', token: undefined },
  { access: 'OUTSCALE_ACCESSKEYID', secret: 'OUTSCALE_SECRETKEYID', token: undefined },
  { access: 'AWS_ACCESS_KEY_ID', secret: 'AWS_SECRET_ACCESS_KEY', token: 'AWS_SESSION_TOKEN' },
] as const;

/**
 * The keys in `environment`: OSC_ACCESS_KEY with OSC_SECRET_KEY, else OUTSCALE_ACCESSKEYID with OUTSCALE_SECRETKEYID,
 * else AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Two families are never mixed; an empty
 * variable is no variable.
 *
 * @throws ForgeError `SIGN_NO_CREDENTIALS` when there is half a pair, or a key with white space in it.
 */
export function environmentCredentials(environment: Environment): Sourced<Credentials> | undefined {
  for (const { access, secret, token } of families) {
    const accessKey = readKey(environment, access);
    const secretKey = readKey(environment, secret);
    if (accessKey === undefined && secretKey === undefined) continue;
    if (accessKey === undefined) throw missing(access, secret);
    if (secretKey === undefined) throw missing(secret, access);
    const sessionToken = token === undefined ? undefined : readKey(environment, token);
    return { value: hide(accessKey, secretKey, sessionToken), source: access };
  }
  return undefined;
}

/** Keys with their secrets wrapped. */
export function hide(accessKey: string, secretKey: string, sessionToken?: string | undefined): Credentials {
  return {
    accessKey,
    secretKey: new Secret(secretKey),
    ...(sessionToken === undefined ? {} : { sessionToken: new Secret(sessionToken) }),
  };
}

/**
 * A stray line break or space signs without complaint, and the import then fails hours later.
 *
 * @param place what holds the key, which is all that is told of it
 * @throws ForgeError `SIGN_NO_CREDENTIALS`
 */
export function checkKeyText(text: string, place: string): string {
  if (!/[\s\p{Cc}]/u.test(text)) return text;
  throw new ForgeError('SIGN_NO_CREDENTIALS', `${place} has white space in it; set it to the key alone`);
}

function readKey(environment: Environment, variable: string): string | undefined {
  const value = environment[variable];
  return value === undefined || value === '' ? undefined : checkKeyText(value, variable);
}

function missing(absent: string, present: string): ForgeError {
  return new ForgeError(
    'SIGN_NO_CREDENTIALS',
    `${present} is set but ${absent} is not; set both, or neither`,
  );
}

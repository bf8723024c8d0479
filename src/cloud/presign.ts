import type { Credentials, Environment } from './credentials.js';
import { loadSettings } from './load-settings.js';
import { maximumExpirySeconds } from './presigned-url.js';
import { requireCredentials, type SettingsFlags, storageWithoutProfile } from './settings.js';
import {
  type ObjectAddress,
  type PresignedUrl,
  type SignatureChoice,
  type SigningContext,
  signObjectUrl,
} from './sign-object.js';

/** Which keys and which object storage to sign for; what is left out is looked up. */
export interface SigningPlace extends SettingsFlags {
  /** Keys of the caller's own: environment and configuration then give no keys, and no configuration file is read. */
  readonly credentials?: Credentials | undefined;
}

/** What was looked up, and where. */
export interface FoundPlace {
  readonly context: Pick<SigningContext, 'endpoint' | 'region' | 'credentials'>;
  /** Where the keys are from, such as `OSC_ACCESS_KEY` or `profile default of ~/.osc/config.json`. */
  readonly keysFrom: string;
  /** What to mind of the configuration, one line each. */
  readonly warnings: readonly string[];
}

/** A URL to sign. */
export interface PresignRequest extends SigningPlace, ObjectAddress, SignatureChoice {
  /** How long the URL works, in seconds: 1 to 604800, which is also the value when left out. */
  readonly expiresSeconds?: number | undefined;
  /** Where keys, region, endpoint and HOME are looked up; `process.env` when left out. */
  readonly environment?: Environment | undefined;
  /** The moment of signing; the current time when left out. */
  readonly now?: Date | undefined;
}

/**
 * Pre-signs the URL of one object. It is arithmetic: nothing is sent, and neither object nor keys are proved to exist.
 *
 * @example
 * const { url, expiresAt } = await presignUrl({ bucket: 'my-images', key: 'import/disk.qcow2.gz' });
 * @throws ForgeError `SIGN_*` when signing is not possible, `CONFIG_*` or what reading a file may raise when the
 * configuration cannot be used.
 */
export async function presignUrl(request: PresignRequest): Promise<PresignedUrl> {
  const { bucket, key, method, signature, expiresSeconds = maximumExpirySeconds } = request;
  const { context } = await findSigningPlace(request, request.environment ?? process.env);
  const now = request.now ?? new Date();
  return signObjectUrl({ ...context, bucket, key, method, signature, expiresSeconds, now });
}

/**
 * Looks up what `place` leaves out: flag, environment, profile, default.
 *
 * @throws ForgeError as {@link presignUrl} does
 */
export async function findSigningPlace(place: SigningPlace, environment: Environment): Promise<FoundPlace> {
  const { credentials } = place;
  if (credentials !== undefined) {
    const { region, endpoint } = storageWithoutProfile(place, environment);
    const context = { endpoint: endpoint.value, region: region.value, credentials };
    return { context, keysFrom: 'the caller', warnings: [] };
  }
  const settings = await loadSettings(place, environment);
  const { value, source } = requireCredentials(settings);
  const context = {
    endpoint: settings.endpoint.value,
    region: settings.region.value,
    credentials: value,
  };
  return { context, keysFrom: source, warnings: settings.warnings };
}

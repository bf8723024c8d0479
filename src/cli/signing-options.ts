import { Option } from 'commander';
import { maximumExpirySeconds } from '../cloud/presigned-url.js';
import { durationFrom } from './time-arguments.js';

/** What the options of {@link placeOptions} say. */
export interface PlaceFlags {
  readonly profile?: string;
  readonly config?: string;
  readonly region?: string;
  readonly endpoint?: string;
}

/** What commands have that sign the URLs of a manifest. */
export interface SigningFlags extends PlaceFlags {
  readonly bucket?: string;
  readonly prefix?: string;
  readonly expires?: number;
}

/** The names of {@link placeOptions}, for options that exclude them. */
export const placeOptionNames = ['profile', 'config', 'region', 'endpoint'] as const;

/** Which keys and which object storage. */
export function placeOptions(): readonly Option[] {
  return [
    new Option(
      '--profile <name>',
      'profile of the configuration that has the keys; it comes before the environment',
    ),
    new Option(
      '--config <file>',
      'configuration file (default: ~/.osc/config.json, else ~/.osc_sdk/config.json)',
    ),
    new Option('--region <name>', 'region of the bucket (default: looked up, else eu-west-2)'),
    new Option('--endpoint <url>', 'object storage to use (default: https://oos.REGION.outscale.com)'),
  ];
}

/** For the help: where keys and region are looked up. */
export const placeHelp = `
Keys are OSC_ACCESS_KEY and OSC_SECRET_KEY, else OUTSCALE_ACCESSKEYID and OUTSCALE_SECRETKEYID, else AWS_ACCESS_KEY_ID
and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN), else those of a profile of ~/.osc/config.json: the one that
OSC_PROFILE names, else the one marked "default": true, else "default". OSC_CONFIG_FILE names another file. What
--profile or --config names comes before the environment. The region is --region, else OSC_REGION, OUTSCALE_REGION,
AWS_REGION or AWS_DEFAULT_REGION, else "region" of the profile, else eu-west-2; the object storage is --endpoint, else
OSC_ENDPOINT_OOS, else "endpoints": {"oos": ...} of the profile, else that of the region.
`;

export function expiresOption(): Option {
  return new Option(
    '--expires <time>',
    'how long the URLs work: seconds, or a number with m, h or d (default: 7d, which is the most)',
  ).argParser(durationFrom(1, maximumExpirySeconds));
}

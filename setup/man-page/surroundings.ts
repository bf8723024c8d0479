/** What the program takes from outside its command line. */
export interface Surrounding {
  /** Of variables, or paths. */
  readonly names: readonly string[];
  readonly text: string;
}

/** The variables of the environment that the program looks at. */
export const environment: readonly Surrounding[] = [
  {
    names: ['OSC_ACCESS_KEY', 'OSC_SECRET_KEY'],
    text: 'The keys with which URLs are signed.',
  },
  {
    names: ['OUTSCALE_ACCESSKEYID', 'OUTSCALE_SECRETKEYID'],
    text: 'The same, where neither of the former is set.',
  },
  {
    names: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
    text: 'The same, where none of the former is set. The token is that of temporary keys.',
  },
  {
    names: ['OSC_PROFILE', 'OSC_CONFIG_FILE'],
    text:
      'Which profile of the configuration file has the keys, where no variable has them, and another file than the ' +
      'one below.',
  },
  {
    names: ['OSC_REGION', 'OUTSCALE_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION'],
    text:
      'The region of the bucket, unless an option names it. The first that is set counts; without any it is that of ' +
      'the profile, else eu-west-2.',
  },
  {
    names: ['OSC_ENDPOINT_OOS', 'OSC_PROTOCOL'],
    text: 'The object storage, and https or http, instead of those of the profile or the region.',
  },
  {
    names: ['TMPDIR'],
    text:
      'The folder for temporary files that cannot stand beside a target: /var/tmp by default. They can be as large ' +
      'as the disk.',
  },
  {
    names: ['TERM'],
    text: 'Where it is "dumb" no progress line is shown.',
  },
];

/** The files that the program reads or writes besides those of the command line. */
export const files: readonly Surrounding[] = [
  {
    names: ['~/.osc/config.json', '~/.osc_sdk/config.json'],
    text:
      'Keys, region and object storage by profile, as other tools of the cloud keep them: a JSON object with one ' +
      'object for each profile. It is read only, the older place behind the newer one.',
  },
  {
    names: ['.*.omiforge-*.part', '.omiforge-spill-*'],
    text:
      'A target that is not whole yet, in its folder, and a temporary file, beside it or in TMPDIR. What a killed ' +
      'run has left of them is removed by the next one that writes there.',
  },
];

/** Programs with pages of their own, in section 1. */
export const seeAlso: readonly string[] = ['gzip', 'jq', 'pigz', 'qemu-img'];

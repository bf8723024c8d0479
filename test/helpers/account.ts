/** An environment in which the keys and the region of the machine that runs the tests are not found. */
export const noAccount: NodeJS.ProcessEnv = {
  HOME: '/nonexistent',
  ...Object.fromEntries(
    [
      ...[
        'OSC_ACCESS_KEY',
        'OSC_SECRET_KEY',
        'OSC_REGION',
        'OSC_PROFILE',
        'OSC_CONFIG_FILE',
        'OSC_ENDPOINT_OOS',
      ],
      ...['OSC_PROTOCOL', 'OUTSCALE_ACCESSKEYID', 'OUTSCALE_SECRETKEYID', 'OUTSCALE_REGION'],
      ...[
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
        'AWS_SESSION_TOKEN',
        'AWS_REGION',
        'AWS_DEFAULT_REGION',
      ],
    ].map((name) => [name, '']),
  ),
};

/** What no message may ever hold. */
export const secret = '5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2';

/** The same in a signature of version 2, as it stands in a query. */
export const secretV2 = '5ec2e75ec2e75ec2e75ec2e75ec%3D';

/** When the manifests of {@link manifestLines} are judged: a day after they were signed. */
export const judgedAt = new Date('2026-01-02T00:00:00Z');

export function signedQuery(lifeSeconds = 604_800): string {
  const credential = 'AKTEST%2F20260101%2Feu-west-2%2Fs3%2Faws4_request';
  return [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${credential}`,
    'X-Amz-Date=20260101T000000Z',
    `X-Amz-Expires=${lifeSeconds}`,
    'X-Amz-SignedHeaders=host',
    `X-Amz-Signature=${secret}`,
  ].join('&');
}

export function urlOf(key: string): string {
  return `https://oos.eu-west-2.outscale.com/my-images/${key}?${signedQuery()}`;
}

/** A manifest that no rule has anything against, line by line: the second disk begins on line 22. */
export const manifestLines: readonly string[] = [
  '{',
  '  "Version": 1,',
  '  "Image": {',
  '    "Name": "debian-13",',
  '    "Description": "",',
  '    "Type": "machine",',
  '    "Public": false,',
  '    "Architecture": "x86_64",',
  '    "ProductTypes": ["0001"],',
  '    "Snapshots": [',
  '      {',
  '        "Ordering": 0,',
  '        "Device": "/dev/sda1",',
  '        "VolumeType": "standard",',
  '        "Iops": null,',
  '        "DeleteOnTermination": true,',
  '        "Filename": "import/root.qcow2.gz",',
  `        "PreSignedUrl": "${urlOf('import/root.qcow2.gz')}",`,
  '        "CompressedSize": 412345678,',
  '        "Size": 10737418240',
  '      },',
  '      {',
  '        "Ordering": 1,',
  '        "Device": "/dev/xvdb",',
  '        "VolumeType": "io1",',
  '        "Iops": 1000,',
  '        "DeleteOnTermination": false,',
  '        "Filename": "import/data.raw.gz",',
  `        "PreSignedUrl": "${urlOf('import/data.raw.gz')}",`,
  '        "CompressedSize": 5000,',
  '        "Size": 21474836480',
  '      }',
  '    ]',
  '  }',
  '}',
];

export const manifestText: string = `${manifestLines.join('\n')}\n`;

/** The manifest with one line (from 1) written otherwise; a line of its own for each line break. */
export function withLine(line: number, text: string): string {
  return `${manifestLines.with(line - 1, text).join('\n')}\n`;
}

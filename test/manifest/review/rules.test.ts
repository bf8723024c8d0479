import test from 'ava';
import { type ReviewOptions, validateManifest } from '../../../src/manifest/review/review.js';
import {
  judgedAt,
  manifestLines,
  manifestText,
  secret,
  secretV2,
  signedQuery,
  urlOf,
  withLine,
} from '../../helpers/manifest-text.js';

/** Severity, code, path, line: all that a fault is known by. */
function found(text: string | Uint8Array, options: ReviewOptions = {}): readonly string[] {
  const { faults, valid } = validateManifest(text, { now: judgedAt, ...options });
  if (valid !== faults.every(({ severity }) => severity === 'warning')) throw new Error('valid is not true');
  return faults.map(({ severity, code, path, line }) => `${severity} ${code} ${path || '-'} ${line}`);
}

test('a manifest with nothing against it', (t) => {
  t.deepEqual(found(manifestText), []);
});

const host = 'https://oos.eu-west-2.outscale.com';
const root = 'import/root.qcow2.gz';
const url = (text: string) => `        "PreSignedUrl": "${text}",`;
const query = (change: (query: string) => string) =>
  url(`${host}/my-images/${root}?${change(signedQuery())}`);
const disk = 'Image.Snapshots[0]';
const second = 'Image.Snapshots[1]';
const at = (name: string) => `${disk}.${name}`;

type Case = readonly [line: number, text: string, ...expected: readonly string[]];

const cases: readonly Case[] = [
  // Keys and values of the manifest itself
  [2, '  "Version": 2,', 'error version Version 2'],
  [2, '  "Version": "1",', 'error number-as-text Version 2'],
  [2, '  "Version": 1.0,', 'warning number-form Version 2'],
  [2, '  "Version": 1.5,', 'error not-an-integer Version 2'],
  [2, '  "Version": null,', 'error wrong-type Version 2'],
  [2, '  "Version": 1e400,', 'error not-an-integer Version 2'],
  [2, '', 'warning missing-key Version 1'],
  [2, '  "version": 1,', 'warning key-case version 2'],
  [2, '  "Version": 1, "Extra": {},', 'warning unknown-key Extra 2'],
  [3, '  "image": {', 'error key-case image 3'],
  [3, '  "Imgae": {', 'error key-typo Imgae 3'],
  [3, '  "Omi": {', 'error missing-key Image 1', 'warning unknown-key Omi 3'],
  // Of the image
  [4, '    "Name": "ab",', 'error name Image.Name 4'],
  [4, `    "Name": "${'a'.repeat(129)}",`, 'error name Image.Name 4'],
  [4, `    "Name": "${'a'.repeat(128)}",`],
  [4, '    "Name": "d\\u00e9bian",', 'error name Image.Name 4'],
  [4, '    "Name": 13,', 'error wrong-type Image.Name 4'],
  [4, '', 'warning missing-key Image.Name 3'],
  [4, '    "name": "debian-13",', 'warning key-case Image.name 4'],
  [4, '    "NAME": "x",', 'warning key-case Image.NAME 4', 'error name Image.NAME 4'],
  [5, '', 'warning missing-key Image.Description 3'],
  [5, '    "Description": null,', 'error wrong-type Image.Description 5'],
  [6, '    "Type": "Machine",', 'error type Image.Type 6'],
  [6, '', 'warning missing-key Image.Type 3'],
  [7, '    "Public": true,', 'error public Image.Public 7'],
  [7, '    "Public": "false",', 'error wrong-type Image.Public 7'],
  [7, '', 'warning missing-key Image.Public 3'],
  [8, '    "Architecture": "arm64",', 'error architecture Image.Architecture 8'],
  [8, '    "Architecture": "i386",'],
  [8, '', 'warning missing-key Image.Architecture 3'],
  [8, '    "Architectur": "x86_64",', 'warning key-typo Image.Architectur 8'],
  [9, '    "ProductTypes": [],', 'error no-product-type Image.ProductTypes 9'],
  [9, '    "ProductTypes": "0001",', 'error wrong-type Image.ProductTypes 9'],
  [9, '    "ProductTypes": ["0003"],', 'error product-type Image.ProductTypes[0] 9'],
  [9, '    "ProductTypes": ["0001", 2],', 'error wrong-type Image.ProductTypes[1] 9'],
  [9, '    "ProductTypes": ["0001", "0001"],', 'warning duplicate-product-type Image.ProductTypes[1] 9'],
  [9, '    "product_types": ["0001"],', 'error key-case Image.product_types 9'],
  [9, '', 'error missing-key Image.ProductTypes 3'],
  [9, '    "ProductTypes": ["0001"], "User": "123456789012",'],
  [9, '    "ProductTypes": ["0001"], "User": "12345678901",', 'error user Image.User 9'],
  [9, '    "ProductTypes": ["0001"], "User": 123456789012,', 'error wrong-type Image.User 9'],
  [9, '    "ProductTypes": ["0001"], "odd key\\n": 1,', 'warning unknown-key Image["odd key\\\\u000a"] 9'],
  // Of a disk
  [12, '', `warning missing-key ${at('Ordering')} 11`],
  [12, '        "Ordering": -1,', `error ordering ${at('Ordering')} 12`],
  [12, '        "Ordering": 58659,'],
  [12, '        "Ordering": 1,', `warning duplicate-ordering ${second}.Ordering 23`],
  [12, '        "Ordering": "0",', `error number-as-text ${at('Ordering')} 12`],
  [
    13,
    '        "Device": "/dev/sda",',
    'error no-root-device Image.Snapshots 10',
    `error device ${at('Device')} 13`,
  ],
  [
    13,
    '        "Device": "/dev/sda2",',
    'error no-root-device Image.Snapshots 10',
    `warning device-sda ${at('Device')} 13`,
  ],
  [
    13,
    '        "Device": "/dev/sda16",',
    'error no-root-device Image.Snapshots 10',
    `error device ${at('Device')} 13`,
  ],
  [13, '', `error missing-key ${at('Device')} 11`],
  [13, '        "Device": null,', `error wrong-type ${at('Device')} 13`],
  [24, '        "Device": "/dev/sda1",', `error duplicate-device ${second}.Device 24`],
  [24, '        "Device": "/dev/sda2",', `warning device-sda ${second}.Device 24`],
  [24, '        "Device": "/dev/sdb",', `warning device-sd ${second}.Device 24`],
  [24, '        "Device": "/dev/xvda",', `error device ${second}.Device 24`],
  [24, '        "Device": "/dev/xvdzz",'],
  [24, '        "Device": "/dev/vdb",', `error device ${second}.Device 24`],
  [14, '        "VolumeType": "gp3",', `error volume-type ${at('VolumeType')} 14`],
  [14, '        "VolumeType": "io1",', `error iops-missing ${at('Iops')} 15`],
  [14, '', `error missing-key ${at('VolumeType')} 11`],
  [15, ''],
  [15, '        "Iops": 100,', `error iops-type ${at('Iops')} 15`],
  [25, '        "VolumeType": "gp2",', `error iops-type ${second}.Iops 26`],
  [26, '        "Iops": 13001,', `error iops-range ${second}.Iops 26`],
  [26, '        "Iops": 13000,', `error iops-ratio ${second}.Iops 26`],
  [26, '        "Iops": 6000,'],
  [26, '        "Iops": 6001,', `error iops-ratio ${second}.Iops 26`],
  [26, '        "Iops": 0,', `error iops-range ${second}.Iops 26`],
  [26, '', `error iops-missing ${second}.Iops 22`],
  [26, '        "IOPS": 1000,', `warning key-case ${second}.IOPS 26`],
  [26, '        "Iops": 1e3,', `warning number-form ${second}.Iops 26`],
  [16, '        "DeleteOnTermination": "true",', `error wrong-type ${at('DeleteOnTermination')} 16`],
  [16, '        "DeleteOnTermination": 1,', `error wrong-type ${at('DeleteOnTermination')} 16`],
  [16, '        "DeleteOnTerminaton": true,', `error key-typo ${at('DeleteOnTerminaton')} 16`],
  [17, '        "Filename": "",', `error filename ${at('Filename')} 17`],
  [
    17,
    '        "Filename": "import/root.vmdk",',
    `warning filename-ending ${at('Filename')} 17`,
    `warning filename-key ${at('PreSignedUrl')} 18`,
  ],
  [17, '        "Filename": "root.qcow2.gz",', `warning filename-key ${at('PreSignedUrl')} 18`],
  [
    17,
    '        "Filename": "import/data.raw.gz",',
    `warning filename-key ${at('PreSignedUrl')} 18`,
    `warning duplicate-filename ${second}.Filename 28`,
  ],
  [17, '', `error missing-key ${at('Filename')} 11`],
  [19, '', `warning missing-key ${at('CompressedSize')} 11`],
  [19, '        "CompressedSize": 0,', `error object-size ${at('CompressedSize')} 19`],
  [19, '        "CompressedSize": 10737418241,', `warning object-size-larger ${at('CompressedSize')} 19`],
  [20, '        "Size": 10737418241', `warning size-sector ${at('Size')} 20`],
  [20, '        "Size": 10737418752', `warning size-gib ${at('Size')} 20`],
  [20, '        "Size": 0', `error size-range ${at('Size')} 20`],
  [20, '        "Size": 15999826919424'],
  [20, '        "Size": 15999826919936', `error size-range ${at('Size')} 20`],
  [20, '        "Size": 10737418240000000000000', `error number-too-large ${at('Size')} 20`],
  [20, '        "Size": "10 GiB"', `error wrong-type ${at('Size')} 20`],
  [20, '        "Size": 1.073741824e10', `warning number-form ${at('Size')} 20`],
  [20, '        "size": 10737418240', `error key-case ${at('size')} 20`],
  // Of its URL
  [18, '', `error missing-key ${at('PreSignedUrl')} 11`],
  [18, url('s3://my-images/import/root.qcow2.gz'), `error url ${at('PreSignedUrl')} 18`],
  [18, url('https:// oos/b/k'), `error url ${at('PreSignedUrl')} 18`],
  [18, url(''), `error url ${at('PreSignedUrl')} 18`],
  [
    18,
    url(`${host}/SNAPSHOT_URL`),
    `error url-no-key ${at('PreSignedUrl')} 18`,
    `warning url-unsigned ${at('PreSignedUrl')} 18`,
  ],
  [18, url(`${host}/my-images/${root}`), `warning url-unsigned ${at('PreSignedUrl')} 18`],
  [18, url(urlOf(root).replace('https', 'http')), `warning url-http ${at('PreSignedUrl')} 18`],
  [
    18,
    url(`https://my-images.oos.eu-west-2.outscale.com/${root}?${signedQuery()}`),
    `warning url-host-style ${at('PreSignedUrl')} 18`,
  ],
  [18, url(`${host}/My_Images/${root}?${signedQuery()}`), `warning url-bucket ${at('PreSignedUrl')} 18`],
  [
    18,
    url(urlOf('import/data.raw.gz')),
    `warning filename-key ${at('PreSignedUrl')} 18`,
    `warning duplicate-url ${second}.PreSignedUrl 29`,
  ],
  [
    18,
    url(urlOf(root).replace('oos.eu-west-2', 'oos.us-east-2')),
    `warning url-region ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query((text) => text.replace('X-Amz-SignedHeaders=host&', '')),
    `error url-incomplete ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query((text) => text.replace(/&X-Amz-Signature=.*/, '')),
    `error url-incomplete ${at('PreSignedUrl')} 18`,
  ],
  [18, query((text) => text.replace('T000000Z', 'T000000')), `error url-date ${at('PreSignedUrl')} 18`],
  [18, query((text) => text.replaceAll('20260101', '20260230')), `error url-date ${at('PreSignedUrl')} 18`],
  [
    18,
    query((text) => text.replace('Expires=604800', 'Expires=7d')),
    `error url-expires ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query((text) => text.replace('Expires=604800', 'Expires=604801')),
    `error url-life ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query((text) => text.replace('Expires=604800', 'Expires=86400')),
    `error url-expired ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query((text) => text.replace('Expires=604800', 'Expires=93599')),
    `warning url-expires-soon ${at('PreSignedUrl')} 18`,
  ],
  [18, query((text) => text.replace('Expires=604800', 'Expires=93600'))],
  [
    18,
    query((text) => text.replaceAll('20260101', '20260103')),
    `warning url-future ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query((text) => text.replace('AWS4-HMAC', 'AWS4-RSA')),
    `error url-algorithm ${at('PreSignedUrl')} 18`,
  ],
  [18, query((text) => text.replace('%2Fs3%2F', '%2Fec2%2F')), `error url-scope ${at('PreSignedUrl')} 18`],
  [18, query((text) => text.replace('AKTEST%2F', '')), `error url-scope ${at('PreSignedUrl')} 18`],
  [
    18,
    query((text) => `${text}&X-Amz-Security-Token=${secret}`),
    `warning url-temporary-keys ${at('PreSignedUrl')} 18`,
  ],
  [18, query((text) => text.slice(0, -4)), `error url-signature ${at('PreSignedUrl')} 18`],
  [
    18,
    query((text) => text.replace(secret, secret.toUpperCase())),
    `error url-signature ${at('PreSignedUrl')} 18`,
  ],
  [18, query((text) => `${text}&X-Amz-Expires=60`), `error url-repeated ${at('PreSignedUrl')} 18`],
  [
    18,
    query((text) => `${text}&AWSAccessKeyId=AK&Expires=1767700000&Signature=${secretV2}`),
    `error url-both-versions ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query((text) => text.replace('SignedHeaders=host', 'SignedHeaders=content-type%3Bhost')),
    `warning url-headers ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query((text) => text.replace('SignedHeaders=host', 'SignedHeaders=x-amz-date')),
    `error url-headers ${at('PreSignedUrl')} 18`,
  ],
  [18, query(() => `AWSAccessKeyId=AK&Expires=1767700000&Signature=${secretV2}`)],
  [
    18,
    query(() => `AWSAccessKeyId=AK&Expires=1767700000&Signature=${secretV2.slice(0, -6)}%3D`),
    `error url-signature ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query(() => `AWSAccessKeyId=AK&Expires=1767700000&Signature=+${secretV2.slice(1)}`),
    `error url-signature ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query(() => `AWSAccessKeyId=AK&Expires=1767700000&Signature=${secretV2}&x-amz-security-token=token`),
    `warning url-temporary-keys ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query(() => `AWSAccessKeyId=AK&Expires=1767312000&Signature=${secretV2}`),
    `error url-expired ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query(() => `AWSAccessKeyId=AK&Expires=1767315600&Signature=${secretV2}`),
    `warning url-expires-soon ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query(() => `AWSAccessKeyId=AK&Expires=soon&Signature=${secretV2}`),
    `error url-expires ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query(() => `Expires=1767700000&Signature=${secretV2}`),
    `error url-incomplete ${at('PreSignedUrl')} 18`,
  ],
  [
    18,
    query(() => `AWSAccessKeyId=AK&Expires=1799999999&Signature=${secretV2}`),
    `warning url-long-life ${at('PreSignedUrl')} 18`,
  ],
  [4, '    "Name": "debian-13", "Tier": "gold",', 'warning unknown-key Image.Tier 4'],
  [15, '        "Iops": null, "Opts": {},', `warning unknown-key ${at('Opts')} 15`],
  [4, '    "Name": "debian-13", "Users": ["me"],', 'warning key-typo Image.Users 4'],
  [
    18,
    query((text) => text).replace('https://', 'https://user:pw@'),
    `error url-user ${at('PreSignedUrl')} 18`,
  ],
  ...['&', ';', '%3F'].map(
    (mark): Case => [
      18,
      query((text) => text).replace('?', mark),
      `warning filename-key ${at('PreSignedUrl')} 18`,
      `error url-incomplete ${at('PreSignedUrl')} 18`,
    ],
  ),
];

for (const [index, [line, text, ...expected]] of cases.entries()) {
  const written = text.trim().replace(secret, '...').slice(0, 100) || 'left out';
  test(`rule ${index}: line ${line}: ${written}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(found(withLine(line, text)), expected);
  });
}

test('every message says what was found and what to do, with a rule and its origin, and no signature', (t) => {
  for (const [line, text] of cases) {
    for (const fault of validateManifest(withLine(line, text), { now: judgedAt }).faults) {
      t.regex(fault.message, /^[^\n]{15,400}$/);
      t.regex(fault.message, /;|:/, 'what to do is behind a semicolon');
      t.regex(fault.code, /^[a-z0-9]+(?:-[a-z0-9]+)*$/);
      t.regex(fault.origin, /: /);
      t.false(JSON.stringify(fault).includes(secret.slice(0, 20)));
    }
  }
});

test('the life that is demanded is an error when it is not there', (t) => {
  const hour = 3_600_000;
  t.deepEqual(found(manifestText, { leastLifeMs: 144 * hour }), []);
  t.deepEqual(found(manifestText, { leastLifeMs: 144 * hour + 1 }), [
    `error url-expires-soon ${at('PreSignedUrl')} 18`,
    `error url-expires-soon ${second}.PreSignedUrl 29`,
  ]);
  const day = new Date('2026-01-07T22:30:00Z');
  t.deepEqual(found(manifestText, { now: day }), [
    `warning url-expires-soon ${at('PreSignedUrl')} 18`,
    `warning url-expires-soon ${second}.PreSignedUrl 29`,
  ]);
  t.deepEqual(found(manifestText, { now: day, leastLifeMs: hour }), []);
});

test('the first URL that dies gives the moment for all', (t) => {
  const text = withLine(29, url(urlOf('import/data.raw.gz').replace('604800', '172800')));
  const { urlsExpireAt } = validateManifest(text, { now: judgedAt });
  t.deepEqual(urlsExpireAt, new Date('2026-01-03T00:00:00Z'));
  t.is(validateManifest('{}').urlsExpireAt, undefined);
});

const shapes: ReadonlyArray<readonly [text: string, ...expected: readonly string[]]> = [
  ['[]', 'error wrong-type - 1'],
  ['"text"', 'error wrong-type - 1'],
  ['42', 'error wrong-type - 1'],
  ['null', 'error wrong-type - 1'],
  ['{}', 'warning missing-key Version 1', 'error missing-key Image 1'],
  ['{"Version": 1, "Image": []}', 'error wrong-type Image 1'],
  ['{"Version": 1,\n"Image": null}', 'error wrong-type Image 2'],
];

for (const [text, ...expected] of shapes) {
  test(`a manifest that is ${text.replace('\n', ' ')}`, (t) => {
    t.deepEqual(found(text), expected);
  });
}

test('lists of disks of the wrong shape', (t) => {
  const withDisks = (disks: string) =>
    [...manifestLines.slice(0, 9), `    "Snapshots": ${disks}`, '  }', '}'].join('\n');
  t.deepEqual(found(withDisks('[]')), ['error no-snapshots Image.Snapshots 10']);
  t.deepEqual(found(withDisks('{}')), ['error wrong-type Image.Snapshots 10']);
  t.deepEqual(found(withDisks('[\nnull,\n"a"\n]')), [
    'error wrong-type Image.Snapshots[0] 11',
    'error wrong-type Image.Snapshots[1] 12',
  ]);
  const many = Array.from({ length: 41 }, (_, index) => {
    const device = index === 0 ? '/dev/sda1' : `/dev/xvdb${String.fromCharCode(97 + (index % 26))}`;
    return manifestLines.slice(10, 20).join('\n').replace('/dev/sda1', device).concat('}');
  });
  const codes = found(withDisks(`[${many.join(',')}]`)).filter((line) => !line.includes('duplicate'));
  t.deepEqual(codes, ['error too-many-snapshots Image.Snapshots 10']);
});

test('twins of one device', (t) => {
  const third = manifestLines
    .slice(21, 32)
    .join('\n')
    .replace('xvdb', 'sdb')
    .replaceAll('data.raw', 'more.raw')
    .replace('Ordering": 1', 'Ordering": 2');
  const text = [...manifestLines.slice(0, 32), `,${third}`, ...manifestLines.slice(32)].join('\n');
  t.deepEqual(found(text), [
    'warning device-sd Image.Snapshots[2].Device 35',
    'warning device-twin Image.Snapshots[2].Device 35',
  ]);
});

test('a raw object that is not as long as its disk', (t) => {
  const text = manifestText.replaceAll('import/data.raw.gz', 'import/data.raw');
  t.deepEqual(found(text), ['warning object-size-raw Image.Snapshots[1].CompressedSize 30']);
});

import test from 'ava';
import fc from 'fast-check';
import { ForgeError } from '../../src/errors.js';
import { composeManifest, type ManifestDisk, type ManifestRequest } from '../../src/manifest/create.js';
import { manifestFaults } from '../../src/manifest/faults.js';
import { architectures, bytesPerGib, productTypes, volumeTypes } from '../../src/manifest/rules.js';
import { serializeManifest } from '../../src/manifest/serialize.js';

const disk: ManifestDisk = {
  virtualSizeBytes: 10 * bytesPerGib,
  objectSizeBytes: 412_345_678,
  filename: 'import/root.qcow2.gz',
  preSignedUrl: 'https://oos.eu-west-2.outscale.com/b/import/root.qcow2.gz?X-Amz-Signature=top-secret',
};

function refusal(request: ManifestRequest, disks: readonly ManifestDisk[]): string {
  try {
    composeManifest(request, disks);
  } catch (error) {
    if (error instanceof ForgeError && error.code === 'MANIFEST_INVALID') return error.message;
    throw error;
  }
  return 'no refusal';
}

test('defaults, and every key of every generation of the documentation in its order', (t) => {
  const { manifest, warnings } = composeManifest({ name: 'debian-13' }, [disk]);
  t.is(
    serializeManifest(manifest),
    `{
  "Version": 1,
  "Image": {
    "Name": "debian-13",
    "Description": "",
    "Type": "machine",
    "Public": false,
    "Architecture": "x86_64",
    "ProductTypes": [
      "0001"
    ],
    "Snapshots": [
      {
        "Ordering": 0,
        "Device": "/dev/sda1",
        "VolumeType": "standard",
        "Iops": null,
        "DeleteOnTermination": true,
        "Filename": "import/root.qcow2.gz",
        "PreSignedUrl": "https://oos.eu-west-2.outscale.com/b/import/root.qcow2.gz?X-Amz-Signature=top-secret",
        "CompressedSize": 412345678,
        "Size": 10737418240
      }
    ]
  }
}
`,
  );
  t.deepEqual(warnings, []);
});

test('what is asked for is what is written', (t) => {
  const request = {
    name: 'win (2022)',
    description: 'with "quotes"\nand lines',
    architecture: 'i386',
    productTypes: ['0002', '0005'],
    user: '123456789012',
  } as const;
  const settings = {
    device: '/dev/sda1',
    volumeType: 'io1',
    iops: 3000,
    deleteOnTermination: false,
  } as const;
  const { Image } = composeManifest(request, [{ ...disk, ...settings }]).manifest;
  const { Snapshots, ...image } = Image;
  t.deepEqual(image, {
    Name: 'win (2022)',
    Description: 'with "quotes"\nand lines',
    Type: 'machine',
    Public: false,
    Architecture: 'i386',
    ProductTypes: ['0002', '0005'],
    User: '123456789012',
  });
  t.deepEqual(Object.keys(Image), [
    'Name',
    'Description',
    'Type',
    'Public',
    'Architecture',
    'ProductTypes',
    'User',
    'Snapshots',
  ]);
  t.like(Snapshots[0], { Device: '/dev/sda1', VolumeType: 'io1', Iops: 3000, DeleteOnTermination: false });
});

function devicesOf(...chosen: readonly (string | undefined)[]): readonly string[] {
  const disks = chosen.map((device, index) => ({ ...disk, filename: `${index}.raw`, device }));
  return composeManifest({ name: 'name' }, disks).manifest.Image.Snapshots.map(({ Device }) => Device);
}

test('default devices skip the names that were chosen, and their twins on the other bus', (t) => {
  t.deepEqual(devicesOf(undefined, undefined, undefined), ['/dev/sda1', '/dev/xvdb', '/dev/xvdc']);
  t.deepEqual(devicesOf(undefined, undefined, '/dev/xvdb', undefined), [
    '/dev/sda1',
    '/dev/xvdc',
    '/dev/xvdb',
    '/dev/xvdd',
  ]);
  t.deepEqual(devicesOf(undefined, '/dev/sdb', undefined), ['/dev/sda1', '/dev/sdb', '/dev/xvdc']);
  t.deepEqual(devicesOf(undefined, '/dev/sda1', undefined), ['/dev/xvdb', '/dev/sda1', '/dev/xvdc']);
});

test('forty disks get forty devices, forty-one are refused', (t) => {
  const devices = devicesOf(...new Array(40).fill(undefined));
  t.is(new Set(devices).size, 40);
  t.is(devices[25], '/dev/xvdz');
  t.is(devices[26], '/dev/xvdba');
  const tooMany = new Array(41).fill(disk);
  t.is(refusal({ name: 'name' }, tooMany), 'disks: there are 41 disks; use at most 40');
});

test('no disk at all is refused', (t) => {
  t.is(refusal({ name: 'name' }, []), 'disks: there is no disk; give at least one');
});

const faults: readonly (readonly [string, Partial<ManifestDisk>, string])[] = [
  [
    'a partition of the root disk',
    { device: '/dev/sda2' },
    "device '/dev/sda2' is not allowed; use /dev/sda1, /dev/sd[b-z][a-z]? or /dev/xvd[b-z][a-z]?",
  ],
  [
    'a device twice',
    { device: '/dev/sda1' },
    "device '/dev/sda1' is taken by disk 1; give each disk its own",
  ],
  [
    'a size of zero',
    { virtualSizeBytes: 0 },
    'virtual size 0 is not allowed; use 1 byte to 14901 GiB, in bytes',
  ],
  [
    'half a byte',
    { virtualSizeBytes: 0.5 },
    'virtual size 0.5 is not allowed; use 1 byte to 14901 GiB, in bytes',
  ],
  [
    'more than a volume can be',
    { virtualSizeBytes: 14_901 * bytesPerGib + 1 },
    'virtual size 15999826919425 is not allowed; use 1 byte to 14901 GiB, in bytes',
  ],
  [
    'an empty object',
    { objectSizeBytes: 0 },
    'object size 0 is not allowed; use the length of the file in bytes, 1 or more',
  ],
  ['io1 without iops', { volumeType: 'io1' }, 'volume type io1 needs iops; give a number'],
  [
    'iops without io1',
    { volumeType: 'gp2', iops: 100 },
    'iops 100 is for volume type io1 only; leave iops out or use io1',
  ],
  [
    'iops above the limit per GiB',
    { volumeType: 'io1', iops: 3001 },
    'iops 3001 is more than 300 per GiB; use at most 3000',
  ],
  [
    'iops above the limit',
    { volumeType: 'io1', iops: 13_001, virtualSizeBytes: 100 * bytesPerGib },
    'iops 13001 is not allowed; use a whole number from 1 to 13000',
  ],
  [
    'a URL of another scheme, without showing its secret',
    { preSignedUrl: 'ftp://h.example/b/k?X-Amz-Signature=top-secret' },
    "URL 'ftp://h.example/b/k?...' is not allowed; use a pre-signed http or https URL",
  ],
  [
    'a URL with a line break that a parser would drop',
    { preSignedUrl: 'https://h.example/b/k\n' },
    "URL 'https://h.example/b/k\\u000a' is not allowed; use a pre-signed http or https URL",
  ],
];

for (const [title, settings, message] of faults) {
  test(`refused: ${title}`, (t) => {
    const second = { ...disk, filename: 'data.qcow2.gz', ...settings };
    t.is(
      refusal({ name: 'name' }, [{ ...disk, device: '/dev/sda1' }, second]),
      `disk 2 (data.qcow2.gz): ${message}`,
    );
  });
}

test('the limits themselves are taken', (t) => {
  const largest = {
    ...disk,
    virtualSizeBytes: 14_901 * bytesPerGib,
    volumeType: 'io1',
    iops: 13_000,
  } as const;
  const fastest = { ...disk, virtualSizeBytes: 9 * bytesPerGib + 1, volumeType: 'io1', iops: 3000 } as const;
  t.is(composeManifest({ name: 'n'.repeat(128) }, [largest, fastest]).manifest.Image.Snapshots.length, 2);
  t.notThrows(() => composeManifest({ name: 'a_ ()/.-' }, [disk]));
});

const imageFaults: readonly (readonly [ManifestRequest, string])[] = [
  [{ name: 'ab' }, "name 'ab' is not allowed"],
  [{ name: 'n'.repeat(129) }, `name '${'n'.repeat(120)}...' is not allowed`],
  [{ name: 'caf\u00e9 \u001b[31m' }, "name 'caf\u00e9 \\u001b[31m' is not allowed"],
  [{ name: 'name\n' }, "name 'name\\u000a' is not allowed"],
  [
    { name: 'name', user: '12345678901' },
    "user '12345678901' is not allowed; use the 12 digits of an account id",
  ],
  [{ name: 'name', productTypes: [] }, 'there is no product type; use 0001, 0002, 0004, 0005'],
  [{ name: 'name', productTypes: ['0001', '0001'] }, 'a product type is listed twice; name each once'],
];

for (const [request, expected] of imageFaults) {
  test(`refused: ${JSON.stringify(request).slice(0, 60)}`, (t) => {
    const message = refusal(request, [disk]);
    t.true(message.startsWith(`image: ${expected}`), message);
    t.false(/\p{Cc}/u.test(message));
  });
}

test('all faults come at once, numbered, on one line', (t) => {
  const message = refusal({ name: 'x', user: 'me' }, [
    { ...disk, device: '/dev/xvdb', volumeType: 'io1' },
    { ...disk, filename: 'data.raw', device: '/dev/xvdb', iops: 5, virtualSizeBytes: -1 },
  ]);
  t.true(message.startsWith('7 faults: (1) image: name'), message);
  for (const part of [
    "image: user 'me'",
    'disk 1 (import/root.qcow2.gz): volume type io1 needs iops',
    'disk 2 (data.raw): virtual size -1',
    "disk 2 (data.raw): device '/dev/xvdb' is taken by disk 1",
    'disk 2 (data.raw): iops 5 is for volume type io1 only',
    'disks: no disk has the root device /dev/sda1',
  ]) {
    t.true(message.includes(part), `${part} is not in: ${message}`);
  }
  t.false(message.includes('top-secret'));
});

test('an odd size and an /dev/sd name are warned of, with the way out', (t) => {
  const { warnings } = composeManifest({ name: 'name' }, [
    disk,
    { ...disk, filename: 'data.raw', device: '/dev/sdb', virtualSizeBytes: 10_627_417_139 },
  ]);
  t.is(warnings.length, 2);
  t.regex(warnings[0] ?? '', /^disk 2 \(data\.raw\): .*10627417139 bytes.* 10737418240 bytes/);
  t.regex(warnings[1] ?? '', /^disk 2 \(data\.raw\): .*'\/dev\/sdb'.*'\/dev\/xvdb'/);
});

const allowed = [...'ABCxyz019_ ()/.-'];
const anyDisk: fc.Arbitrary<ManifestDisk> = fc.record(
  {
    virtualSizeBytes: fc.integer({ min: 1, max: 14_901 * bytesPerGib }),
    objectSizeBytes: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    filename: fc.string({ unit: 'grapheme', minLength: 1 }),
    preSignedUrl: fc.webUrl({ withQueryParameters: true }),
    volumeType: fc.constantFrom(...volumeTypes),
    iops: fc.integer({ min: 1, max: 300 }),
    deleteOnTermination: fc.boolean(),
  },
  { requiredKeys: ['virtualSizeBytes', 'objectSizeBytes', 'filename', 'preSignedUrl', 'iops'] },
);
const anyRequest: fc.Arbitrary<ManifestRequest> = fc.record(
  {
    name: fc.string({ unit: fc.constantFrom(...allowed), minLength: 3, maxLength: 128 }),
    description: fc.string({ unit: 'binary' }),
    architecture: fc.constantFrom(...architectures),
    productTypes: fc.uniqueArray(fc.constantFrom(...productTypes), { minLength: 1 }),
    user: fc.stringMatching(/^[0-9]{12}$/),
  },
  { requiredKeys: ['name'] },
);

test('whatever is composed is strict JSON, reads back the same and has no fault', (t) => {
  fc.assert(
    fc.property(anyRequest, fc.array(anyDisk, { minLength: 1, maxLength: 40 }), (request, disks) => {
      const valid = disks.map(({ iops, ...rest }) => (rest.volumeType === 'io1' ? { ...rest, iops } : rest));
      const { manifest } = composeManifest(request, valid);
      const readBack: unknown = JSON.parse(serializeManifest(manifest));
      t.deepEqual(readBack, manifest);
      t.deepEqual(manifestFaults(readBack), []);
    }),
  );
});

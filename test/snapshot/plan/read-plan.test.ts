import test from 'ava';
import fc from 'fast-check';
import { folderNameOf } from '../../../src/snapshot/plan/batch.js';
import { examplePlan } from '../../../src/snapshot/plan/example.js';
import { faultText } from '../../../src/snapshot/plan/faults.js';
import { readPlan } from '../../../src/snapshot/plan/read-plan.js';

function batchOf(text: string, path = 'plans/plan.yaml') {
  const reading = readPlan(path, text);
  if ('faults' in reading) throw new Error(reading.faults.map((fault) => faultText(path, fault)).join('\n'));
  return reading.batch;
}

function faultsOf(text: string): readonly string[] {
  const reading = readPlan('plan.yaml', text);
  return 'faults' in reading ? reading.faults.map((fault) => faultText('plan.yaml', fault)) : [];
}

test('a plan that says little has every default', (t) => {
  const { images } = batchOf('images:\n  - name: web 2026\n    disks: [root.raw, /data/data.qcow2]\n');
  t.is(images.length, 1);
  const [image] = images;
  t.like(image, {
    name: 'web 2026',
    folder: 'web-2026',
    description: '',
    architecture: 'x86_64',
    productTypes: ['0001'],
    user: undefined,
  });
  t.like(image?.disks[0], {
    source: 'root.raw',
    sourcePath: 'plans/root.raw',
    device: '/dev/sda1',
    volumeType: 'standard',
    iops: undefined,
    deleteOnTermination: true,
    format: 'qcow2.gz',
    level: 6,
    padBytes: undefined,
    file: 'web-2026/disk0.qcow2.gz',
  });
  t.like(image?.disks[1], {
    sourcePath: '/data/data.qcow2',
    device: '/dev/xvdb',
    file: 'web-2026/disk1.qcow2.gz',
  });
});

test('the example that --init writes is a plan, with every key it tells of', (t) => {
  const { images } = batchOf(examplePlan);
  t.is(images.length, 2);
  t.like(images[1]?.disks[0], { padBytes: 2 ** 30, device: '/dev/sda1' });
  t.like(images[1]?.disks[1], { volumeType: 'io1', iops: 1000, deleteOnTermination: false });
  // Also with what stands in it as a comment.
  const all = batchOf(examplePlan.replaceAll(/^( +)# (?=[a-z-]+: )/gm, '$1'));
  t.like(all.images[1], { user: '123456789012' });
  t.like(all.images[1]?.disks[1], { sourceFormat: 'raw', snapshot: 'before-upgrade' });
});

test('JSON is read as well, with tabs and all', (t) => {
  const plan = {
    images: [{ name: 'abc', 'product-types': ['0002'], disks: [{ source: 'a.raw', level: 1 }] }],
  };
  for (const indent of [undefined, 2, '\t']) {
    t.like(batchOf(JSON.stringify(plan, undefined, indent)).images[0]?.disks[0], { level: 1 });
  }
});

test('what looks like a number is taken as the text that stands there', (t) => {
  const { images } = batchOf(
    'images:\n  - name: 2026\n    user: 012345678901\n    product-types: [0001, 0004]\n    disks: [a.raw]\n',
  );
  t.like(images[0], { name: '2026', user: '012345678901', productTypes: ['0001', '0004'] });
});

test('a plan with twenty faults has twenty faults, each with its place', (t) => {
  const text = `images:
  - name: ab
    description: [1]
    architecture: arm64
    product-types: ["0001", "0003"]
    user: 12
    colour: blue
    disks:
      - source: a.raw
        device: /dev/sdb
        level: 13
      - source: b.raw
        device: /dev/sdb
        volume-type: gp2
        iops: 100
      - source: 7.5
        device: sdc
        volume-type: fast
      - source: ""
        volume-type: io1
        delete-on-termination: maybe
        pad: 1000
        format: vmdk
  - name: my@image
    disks: []
  - disks: [c.raw]
`;
  const faults = faultsOf(text);
  const places = faults.map((fault) => /^plan\.yaml:(\d+):\d+: (\S+?): /.exec(fault)?.slice(1).join(' '));
  t.deepEqual(
    places.toSorted(),
    [
      '11 images[0].disks[0].level',
      '13 images[0].disks[1].device',
      '15 images[0].disks[1].iops',
      '17 images[0].disks[2].device',
      '18 images[0].disks[2].volume-type',
      '19 images[0].disks[3].source',
      '2 images[0].name',
      '19 images[0].disks[3].iops',
      '21 images[0].disks[3].delete-on-termination',
      '22 images[0].disks[3].pad',
      '23 images[0].disks[3].format',
      '24 images[1].name',
      '25 images[1].disks',
      '26 images[2].name',
      '3 images[0].description',
      '4 images[0].architecture',
      '5 images[0].product-types[1]',
      '6 images[0].user',
      '7 images[0].colour',
      '9 images[0].disks',
    ].toSorted(),
  );
});

test('single rules', (t) => {
  const faultOf = (disk: string) =>
    faultsOf(`images:\n  - name: web\n    disks:\n      - ${disk}\n`).join('\n');
  t.regex(faultOf('{ source: a.raw, volume-type: io1 }'), /io1 needs iops/);
  t.regex(faultOf('{ source: a.raw, volume-type: gp2, iops: 100 }'), /iops 100 is for volume type io1 only/);
  t.regex(faultOf('{ source: a.raw, volume-type: io1, iops: 13001 }'), /iops 13001 is not allowed/);
  t.regex(faultOf('{ source: a.raw, device: /dev/sdb }'), /no disk has the root device/);
  t.regex(faultOf('{ sauce: a.raw }'), /unknown key 'sauce'/);
  t.regex(faultOf('{ device: /dev/sda1 }'), /source is missing/);
  t.regex(faultOf('[a.raw]'), /disk given as a list is not allowed/);
  t.regex(faultsOf('images: []\n').join(), /there is no image/);
  t.regex(faultsOf('').join(), /plan .* is not allowed|plan is missing/);
  t.regex(faultsOf('images:\n  - name: abc\n    disks: x.raw\n').join(), /list of disks 'x.raw'/);
  t.regex(faultsOf(`images:\n  - name: ${'x'.repeat(129)}\n    disks: [a.raw]\n`).join(), /name 'x/);
  const disks = Array.from({ length: 41 }, (_, index) => `d${index}.raw`).join(', ');
  t.regex(
    faultsOf(`images:\n  - name: abc\n    disks: [${disks}]\n`).join(),
    /there are 41 disks; use at most 40/,
  );
});

test('images that would share a folder are told', (t) => {
  const plan = (first: string, second: string) =>
    `images:\n  - name: ${first}\n    disks: [a.raw]\n  - name: ${second}\n    disks: [b.raw]\n`;
  t.regex(
    faultsOf(plan('web', 'web')).join(),
    /plan\.yaml:4:11: images\[1\]\.name: name 'web' is taken by image 1/,
  );
  t.regex(faultsOf(plan('web (1)', 'Web 1')).join(), /makes the same folder as/);
  t.deepEqual(faultsOf(plan('web1', 'web2')), []);
});

test('text that is no YAML is told with its place', (t) => {
  t.regex(faultsOf('images:\n  - name: "web\n').join(), /^plan\.yaml:\d+:\d+: is no YAML: /);
  t.regex(faultsOf('images: 1\nimages: 2\n').join(), /^plan\.yaml:2:1: is no YAML: .*unique/);
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (let index = 1; index < 12; index += 1)
    bomb.push(
      `${'abcdefghijkl'[index]}: &${'abcdefghijkl'[index]} [${Array(9)
        .fill(`*${'abcdefghijkl'[index - 1]}`)
        .join(',')}]`,
    );
  t.is(faultsOf(bomb.join('\n')).length, 1);
});

test('whatever the text, a plan is read or refused, and refusals have a place in it', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), mutatedExample()), (text) => {
        const reading = readPlan('plan.yaml', text);
        if (!('faults' in reading)) return true;
        const lines = text.split('\n').length;
        return (
          reading.faults.length > 0 &&
          reading.faults.every(({ position }) => position !== undefined && position.line <= lines + 1)
        );
      }),
      { numRuns: 500 },
    ),
  );
});

function mutatedExample(): fc.Arbitrary<string> {
  const place = fc.integer({ min: 0, max: examplePlan.length });
  return fc
    .tuple(place, fc.integer({ min: 0, max: 20 }), fc.string({ maxLength: 5 }))
    .map(([at, removed, added]) => examplePlan.slice(0, at) + added + examplePlan.slice(at + removed));
}

test('the folder of an image leads nowhere else, whatever its name', (t) => {
  t.is(folderNameOf('../../etc/passwd'), 'etc-passwd');
  t.is(folderNameOf('...'), 'image');
  fc.assert(
    fc.property(
      fc.string(),
      (name) => /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(folderNameOf(name)) && folderNameOf(name).length <= 100,
    ),
  );
});

test('values that no plan has, and too many levels, are one fault each', (t) => {
  t.deepEqual(faultsOf('images: [{ name: web, disks: [!!binary aGVsbG8=] }]'), []);
  for (const text of [`images: ${'['.repeat(20_000)}`, '['.repeat(20_000)]) {
    t.deepEqual(faultsOf(text), ['plan.yaml:1:1: has far more levels than a plan, which has 5']);
  }
});

test('keys and aliases have their own places', (t) => {
  const found = faultsOf('images:\n  - name: web\n    7: 3\n    true: 4\n    disks: [a.raw]\n');
  t.deepEqual(
    found.map((fault) => fault.replace(/; remove.*/, '')),
    ["plan.yaml:3:8: images[0].7: unknown key '7'", "plan.yaml:4:11: images[0].true: unknown key 'true'"],
  );
  t.deepEqual(faultsOf('images: [{ name: web, disks: *lost }]'), [
    'plan.yaml:1:30: *lost is an alias of nothing; write &lost before',
  ]);
});

test('one fault is told once, with advice that a plan can follow', (t) => {
  const disk = (iops: string) =>
    faultsOf(`images:\n  - name: web\n    disks: [{ source: a.raw, volume-type: io1, iops: ${iops} }]\n`);
  t.is(disk('99999999999999999999999').length, 1);
  t.false(disk('null').some((fault) => fault.includes('or null')));
});

test('an image cannot take the place of the report', (t) => {
  t.is(folderNameOf('report.json'), 'report.json-image');
  t.is(folderNameOf('Report.JSON'), 'Report.JSON-image');
});

test('ids and names of digits alone are texts', (t) => {
  const { images } = batchOf('images:\n  - name: 2026\n    disks: [2026, { source: 1, snapshot: 1 }]\n');
  t.like(images[0], { name: '2026' });
  t.deepEqual(
    images[0]?.disks.map(({ source, snapshot }) => [source, snapshot]),
    [
      ['2026', undefined],
      ['1', '1'],
    ],
  );
});

test('keys of lists, and a second document, are one fault each', (t) => {
  t.deepEqual(faultsOf(`${'? '.repeat(500)}x`), [
    'plan.yaml:1:3: a list or a map stands as a key; keys of a plan are words',
  ]);
  t.deepEqual(faultsOf('images: []\n---\nimages: []\n'), [
    'plan.yaml:2:1: a second document begins; keep one of them in the file',
  ]);
});

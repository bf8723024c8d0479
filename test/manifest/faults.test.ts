import test from 'ava';
import { composeManifest } from '../../src/manifest/create.js';
import { manifestFaults } from '../../src/manifest/faults.js';

const { manifest } = composeManifest({ name: 'name' }, [
  {
    virtualSizeBytes: 2 ** 30,
    objectSizeBytes: 1,
    filename: 'a.raw',
    preSignedUrl: 'https://h.example/b/a.raw?s',
  },
]);
const [snapshot] = manifest.Image.Snapshots;

function lines(candidate: unknown): readonly string[] {
  return manifestFaults(candidate).map(({ place, message }) => `${place}: ${message}`);
}

test('foreign values are told of, whatever they are', (t) => {
  t.deepEqual(lines(undefined), ['manifest: manifest is missing; use an object']);
  t.deepEqual(lines([]), ['manifest: manifest given as a list is not allowed; use an object']);
  t.deepEqual(lines({}), ['manifest: version is missing; use 1', 'image: image is missing; use an object']);
  t.deepEqual(lines({ ...manifest, Version: '1' }), ["manifest: version '1' is not allowed; use 1"]);
  t.deepEqual(lines({ ...manifest, Extra: 1 }), ["manifest: unknown key 'Extra'; remove it"]);
});

test('snapshots of the wrong shape do not hide the faults of others', (t) => {
  const odd = { ...manifest, Image: { ...manifest.Image, Public: true, Snapshots: [null, snapshot, {}] } };
  const found = lines(odd);
  t.true(found.includes('image: public true is not allowed; use false'), found.join());
  t.true(found.includes('disk 1: snapshot null is not allowed; use an object'), found.join());
  t.true(
    found.includes('disk 3: device is missing; use /dev/sda1, /dev/sd[b-z][a-z]? or /dev/xvd[b-z][a-z]?'),
  );
  t.false(found.some((line) => line.startsWith('disk 2')));
});

test('rules between disks are tried even when a value has the wrong type', (t) => {
  const broken = { ...snapshot, VolumeType: 'tape', Size: 'large' };
  const found = lines({ ...manifest, Image: { ...manifest.Image, Snapshots: [snapshot, broken] } });
  t.deepEqual(found, [
    "disk 2 (a.raw): volume type 'tape' is not allowed; use standard, gp2, io1",
    "disk 2 (a.raw): virtual size 'large' is not allowed; use 1 byte to 14901 GiB, in bytes",
    "disk 2 (a.raw): device '/dev/sda1' is taken by disk 1; give each disk its own",
  ]);
});

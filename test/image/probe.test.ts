import { gzipSync } from 'node:zlib';
import test from 'ava';
import { probe } from '../../src/image/probe.js';

const qcow2Head = Buffer.concat([Buffer.from('QFI\xfb\0\0\0\x03', 'latin1'), Buffer.alloc(600)]);
const bootSector = Buffer.alloc(512, 0x90);

test('content decides, not the name', (t) => {
  t.deepEqual(probe(qcow2Head, 'disk.raw'), { format: 'qcow2', container: 'plain' });
  t.deepEqual(probe(bootSector, 'disk'), { format: 'raw', container: 'plain' });
  t.deepEqual(probe(gzipSync(qcow2Head), 'disk.img'), { format: 'qcow2', container: 'gz' });
  t.deepEqual(probe(gzipSync(bootSector), 'disk.raw.gz'), { format: 'raw', container: 'gz' });
  t.deepEqual(probe(new Uint8Array(0), 'empty.raw'), { format: 'raw', container: 'plain' });
});

test('a name that contradicts the content is an error, never a silent reading as something else', (t) => {
  t.throws(() => probe(bootSector, 'disk.raw.gz'), { code: 'FORMAT_MISMATCH', message: /is not gzip/ });
  t.throws(() => probe(bootSector, 'DISK.GZ'), { code: 'FORMAT_MISMATCH' });
  t.throws(() => probe(bootSector, 'disk.qcow2'), { code: 'FORMAT_MISMATCH', message: /qcow2/ });
  t.throws(() => probe(gzipSync(bootSector), 'disk.qcow2.gz'), { code: 'FORMAT_MISMATCH' });
});

for (const [name, magic, offset] of [
  ['VMDK', 'KDMV', 0],
  ['VHDX', 'vhdxfile', 0],
  ['VDI', '\x7f\x10\xda\xbe', 64],
  ['VHD', 'conectix', 0],
  ['QCOW version 1', 'QFI\xfb\0\0\0\x01', 0],
  ['xz', '\xfd7zXZ\0', 0],
  ['Zstandard', '\x28\xb5\x2f\xfd', 0],
] as const) {
  test(`${name} is named and refused, plain and in gzip, unless raw is stated`, (t) => {
    const head = Buffer.alloc(1024);
    head.write(magic, offset, 'latin1');
    const refused = { code: 'FORMAT_UNSUPPORTED', message: new RegExp(name) };
    t.throws(() => probe(head, 'disk'), refused);
    t.throws(() => probe(gzipSync(head), 'disk.gz'), refused);
    t.deepEqual(probe(head, 'disk', 'raw'), { format: 'raw', container: 'plain' });
  });
}

test('a stated format is believed: a guest disk that begins like a qcow2 stays what the user said', (t) => {
  t.deepEqual(probe(qcow2Head, 'disk.qcow2', 'raw'), { format: 'raw', container: 'plain' });
  t.deepEqual(probe(gzipSync(qcow2Head), 'disk.qcow2.gz', 'raw.gz'), { format: 'raw', container: 'gz' });
  t.deepEqual(probe(gzipSync(qcow2Head), 'disk.qcow2.gz', 'raw'), { format: 'raw', container: 'plain' });
  t.throws(() => probe(bootSector, 'disk', 'qcow2.gz'), { code: 'FORMAT_MISMATCH' });
});

test('a qcow2 is found though the first gzip member holds less than its header, or nothing', (t) => {
  for (const firstBytes of [0, 1, 3, 8, 100, 511]) {
    const members = [qcow2Head.subarray(0, firstBytes), qcow2Head.subarray(firstBytes)];
    const file = Buffer.concat(members.map((member) => gzipSync(member)));
    t.deepEqual(probe(file, 'disk.img'), { format: 'qcow2', container: 'gz' }, `${firstBytes}`);
  }
});

test('a damaged gzip head is named', (t) => {
  const damaged = Buffer.from(gzipSync(Buffer.alloc(100_000, 'abc')));
  damaged.fill(0xff, 10, 60);
  t.throws(() => probe(damaged, 'disk.raw.gz'), { code: 'GZIP_CORRUPT' });
});

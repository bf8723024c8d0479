import test from 'ava';
import { type PlanOptions, planConversion, targetFormat } from '../../src/convert/plan.js';
import { type FormatName, splitFormat } from '../../src/image/format.js';

const engines = [{ name: 'zlib', version: '1', leastLevel: 0, mostLevel: 9 }] as const;
const plan = (
  source: Parameters<typeof planConversion>[0],
  target: Parameters<typeof planConversion>[1],
  options: Omit<PlanOptions, 'engines'> = {},
) => planConversion(source, target, { ...options, engines });

const file = (name: FormatName) => ({ ...splitFormat(name), isStream: false });
const stream = (name: FormatName) => ({ ...splitFormat(name), isStream: true });

test('a plain file is read where it is; anything else is spilled first', (t) => {
  t.is(plan(file('raw'), file('qcow2')).spill, 'none');
  t.is(plan(file('qcow2'), stream('raw')).spill, 'none');
  t.is(plan(file('qcow2.gz'), file('qcow2')).spill, 'file');
  t.is(plan(file('raw.gz'), file('qcow2')).spill, 'file');
  t.is(plan(stream('raw'), file('raw.gz')).spill, 'file');
});

test('raw content goes straight to a raw file, unless it is to be verified', (t) => {
  t.is(plan(file('raw.gz'), file('raw')).spill, 'target');
  t.is(plan(stream('raw'), file('raw')).spill, 'target');
  t.is(plan(file('raw.gz'), file('raw'), { verify: true }).spill, 'file');
  t.is(plan(file('raw.gz'), file('raw'), { digest: true }).spill, 'file');
  t.is(plan(file('raw.gz'), file('raw'), { virtualSizeBytes: 512 }).spill, 'file');
  t.is(plan(stream('raw'), file('raw'), { virtualSizeMultipleBytes: 512 }).spill, 'file');
  t.is(plan(file('raw.gz'), stream('raw')).spill, 'file');
});

test('of a qcow2 for a raw file the rest alone is spilled, unless it is needed once more or a snapshot is read', (t) => {
  t.is(plan(file('qcow2.gz'), file('raw')).spill, 'rest');
  t.is(plan(stream('qcow2'), file('raw')).spill, 'rest');
  t.is(plan(stream('qcow2.gz'), file('raw')).spill, 'rest');
  t.is(plan(file('qcow2.gz'), stream('raw')).spill, 'file');
  t.is(plan(file('qcow2.gz'), file('raw.gz')).spill, 'file');
  t.is(plan(file('qcow2.gz'), file('raw'), { verify: true }).spill, 'file');
  t.is(plan(file('qcow2.gz'), file('raw'), { digest: true }).spill, 'file');
  t.is(plan(file('qcow2.gz'), file('raw'), { virtualSizeBytes: 512 }).spill, 'file');
  t.is(plan(file('qcow2.gz'), file('raw'), { snapshot: 'one' }).spill, 'file');
  t.is(plan(file('qcow2'), file('raw')).spill, 'none');
});

test('a raw file is placed, everything else is appended', (t) => {
  t.is(plan(file('qcow2'), file('raw')).sink, 'placed');
  t.is(plan(file('qcow2'), stream('raw')).sink, 'raw content');
  t.is(plan(file('qcow2'), file('raw.gz')).sink, 'raw content');
  t.is(plan(file('raw'), file('qcow2')).sink, 'qcow2');
  t.is(plan(file('raw'), stream('qcow2.gz')).sink, 'qcow2');
});

test('only a qcow2 into a stream needs a first pass', (t) => {
  t.true(plan(file('raw'), stream('qcow2')).scansFirst);
  t.true(plan(file('raw'), stream('qcow2.gz')).scansFirst);
  t.false(plan(file('raw'), file('qcow2.gz')).scansFirst);
  t.false(plan(file('raw'), stream('raw.gz')).scansFirst);
});

test('workers place the clusters of a plain qcow2 file themselves', (t) => {
  t.true(plan(file('raw'), file('qcow2')).placesClusters);
  t.false(plan(file('raw'), stream('qcow2')).placesClusters);
  t.false(plan(file('raw'), file('qcow2.gz')).placesClusters);
  t.false(plan(file('raw'), file('raw')).placesClusters);
  t.false(plan(file('raw'), file('qcow2'), { clusterCompression: 'zlib' }).placesClusters);
});

test('a level is for .gz alone', (t) => {
  t.is(plan(file('raw'), file('qcow2'), { level: 9 }).compression, undefined);
  t.deepEqual(plan(file('raw'), file('qcow2.gz'), { level: 9 }).compression, { engine: 'zlib', level: 9 });
  t.deepEqual(plan(file('raw'), file('raw.gz')).compression, { engine: 'zlib', level: 6 });
});

test('compressed clusters', (t) => {
  const clusters = (options: Omit<PlanOptions, 'engines'>) =>
    plan(file('raw'), file('qcow2'), options).clusters;
  t.is(clusters({}), undefined);
  t.is(clusters({ level: 9 }), undefined);
  t.deepEqual(clusters({ clusterCompression: 'zlib' }), {
    compression: { type: 'zlib', engine: 'zlib', level: 3 },
    recompress: false,
  });
  t.deepEqual(clusters({ clusterCompression: 'zlib', level: 9 }), {
    compression: { type: 'zlib', engine: 'zlib', level: 9 },
    recompress: true,
  });
  t.true(clusters({ clusterCompression: 'zlib', engine: 'zlib' })?.recompress);
  t.deepEqual(clusters({ clusterCompression: 'zstd' }), {
    compression: { type: 'zstd', level: 3 },
    recompress: false,
  });
  t.deepEqual(clusters({ clusterCompression: 'zstd', level: 19 }), {
    compression: { type: 'zstd', level: 19 },
    recompress: true,
  });
});

test('what does not go with compressed clusters', (t) => {
  const invalid = { code: 'ARGUMENT_INVALID' };
  for (const target of [file('raw'), file('raw.gz'), stream('raw')]) {
    t.throws(() => plan(file('qcow2'), target, { clusterCompression: 'zlib' }), {
      ...invalid,
      message: /no clusters/,
    });
  }
  t.throws(() => plan(file('raw'), file('qcow2'), { clusterCompression: 'zstd', engine: 'zlib' }), invalid);
  t.throws(() => plan(file('raw'), file('qcow2'), { clusterCompression: 'zlib', engine: 'isal' }), {
    code: 'ENGINE_UNAVAILABLE',
  });
});

test('a .gz around compressed clusters is deflated fast, whatever their level', (t) => {
  const compression = { engine: 'zlib', level: 1 } as const;
  for (const level of [undefined, 9]) {
    const options = { clusterCompression: 'zlib', level } as const;
    t.deepEqual(plan(file('raw'), file('qcow2.gz'), options).compression, compression);
    t.is(plan(file('raw'), file('qcow2'), options).compression, undefined);
  }
});

test('the target format is the stated one, or follows the name', (t) => {
  t.deepEqual(targetFormat('a.img', undefined), splitFormat('raw'));
  t.deepEqual(targetFormat('dir.qcow2/A.QCOW2.GZ', undefined), splitFormat('qcow2.gz'));
  t.deepEqual(targetFormat('a.img.gz', undefined), splitFormat('raw.gz'));
  t.deepEqual(targetFormat('a.img', 'qcow2'), splitFormat('qcow2'));
  t.deepEqual(targetFormat(undefined, 'raw.gz'), splitFormat('raw.gz'));
  for (const path of ['disk', 'disk.vmdk', 'disk.gz', 'raw', undefined]) {
    t.throws(() => targetFormat(path, undefined), {
      code: 'ARGUMENT_INVALID',
      message: /state one of raw, qcow2/,
    });
  }
});

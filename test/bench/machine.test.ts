import { tmpdir } from 'node:os';
import test from 'ava';
import { machineFacts } from '../../bench/measuring/machine.js';

test('the machine and the version of every program are known', async (t) => {
  const { cores, memoryBytes, processor, fileSystem, versions } = await machineFacts(tmpdir());
  t.true(cores >= 1 && memoryBytes > 2 ** 20);
  t.true(processor !== '' && fileSystem !== '');
  t.deepEqual(Object.keys(versions), ['omiforge', 'Node', 'zlib', 'qemu-img', 'pigz', 'igzip', 'gzip']);
  for (const [program, version] of Object.entries(versions)) t.regex(version, /^v?\d+\.\d/, program);
});

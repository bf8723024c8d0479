import { bytesText } from '../../src/cli/quantities.js';
import type { Sizes } from '../inputs/sizes.js';
import { atMost, type Goals } from '../record/goals.js';
import { qcow2GzProof } from './compressing.js';
import { input, omiforge, type Scenario } from './scenario.js';

function sparse({ hugeBytes, smallBytes }: Sizes['sparse'], memory: Goals): Scenario {
  const toGzip = `${omiforge} convert --level 1 -O raw.gz`;
  return {
    name: 'sparse raw to raw.gz, huge disk against small',
    inputs: ['sparse-huge.raw', 'sparse-small.raw'],
    tools: ['igzip', 'gzip', 'qemu-img', 'cmp', 'dd'],
    prepare: `${toGzip} ${input('sparse-huge.raw')} huge.raw.gz`,
    contenders: [
      {
        name: `omiforge, disk of ${bytesText(hugeBytes)}`,
        commandLine: `${toGzip} ${input('sparse-huge.raw')} out`,
      },
      {
        name: `omiforge, disk of ${bytesText(smallBytes)}`,
        commandLine: `${toGzip} ${input('sparse-small.raw')} out`,
      },
      {
        name: 'writing the output alone',
        commandLine: 'dd if="$PREPARED/huge.raw.gz" of=out bs=4M status=none',
      },
    ],
    goals: { time: atMost('1.5'), timeOnTop: 'third contender', ...memory },
    // A terabyte of zeros takes gzip an hour and igzip some minutes, and cmp would read all of them from the other side.
    proof: [
      'igzip -dc < 0/out | dd of=proof.raw bs=64K iflag=fullblock conv=sparse status=none',
      `qemu-img compare -q -f raw -F raw ${input('sparse-huge.raw')} proof.raw`,
      `test "$(stat -c %s proof.raw)" = ${hugeBytes}`,
      'gzip -t < 1/out',
      `gzip -dc < 1/out | cmp - ${input('sparse-small.raw')}`,
    ],
  };
}

function workers(memory: Goals): Scenario {
  const withThreads = (threads: number) =>
    `${omiforge} convert --threads ${threads} -O qcow2.gz ${input('disk.raw')} out`;
  return {
    name: 'two workers against one, compressing',
    inputs: ['disk.raw'],
    tools: ['qemu-img', 'gzip', 'cmp'],
    contenders: [
      { name: 'omiforge, 2 workers', commandLine: withThreads(2) },
      { name: 'omiforge, 1 worker', commandLine: withThreads(1) },
    ],
    goals: { time: atMost('0.55'), size: atMost('1.00'), ...memory },
    proof: ['cmp 0/out 1/out', ...qcow2GzProof('disk.raw')],
  };
}

function manyImages({ count, eachBytes }: Sizes['many'], memory: Goals): Scenario {
  const convertMany = (atOnce: number, inputs: string) =>
    `mkdir out && "$NODE" "$CONVERT_MANY" ${atOnce} out ${inputs}`;
  const many = '"$INPUTS/many"/*.raw';
  return {
    name: 'many images against one large',
    inputs: ['many', 'large.raw'],
    tools: ['qemu-img', 'gzip'],
    contenders: [
      {
        name: `omiforge, ${count} images of ${bytesText(eachBytes)}`,
        commandLine: convertMany(1, many),
      },
      {
        name: `omiforge, one of ${bytesText(count * eachBytes)}`,
        commandLine: convertMany(1, input('large.raw')),
      },
      { name: `omiforge, ${count} images, 2 at once`, commandLine: convertMany(2, many) },
    ],
    goals: { time: atMost('1.1'), ...memory },
    proof: [
      `test "$(ls 0/out | wc -l)" = ${count}`,
      'for gz in 0/out/*.gz; do gzip -dc "$gz" > proof.qcow2; qemu-img check -q -f qcow2 proof.qcow2; ' +
        'qemu-img compare -q -f raw -F qcow2 "$INPUTS/many/$(basename "$gz" .qcow2.gz).raw" proof.qcow2; done',
      ...qcow2GzProof('large.raw', '1/out/large.qcow2.gz'),
    ],
  };
}

function startUp(): Scenario {
  const info = `${omiforge} info --json ${input('disk.qcow2')}`;
  return {
    name: 'info, start-up',
    inputs: ['disk.raw', 'disk.qcow2'],
    tools: ['qemu-img'],
    contenders: [
      { name: 'omiforge info', commandLine: `${omiforge} info ${input('disk.qcow2')}` },
      { name: 'node -e 0', commandLine: '"$NODE" -e 0' },
    ],
    goals: { time: atMost('1.8') },
    proof: [`${info} | grep -q "\\"virtual-size\\": $(stat -c %s ${input('disk.raw')}),"`],
    repeats: 5,
    roundsFactor: 4,
  };
}

/** omiforge against itself, and against the least that any program of Node takes. */
export function scaling({ sparse: sparseSizes, many }: Sizes, memory: Goals): readonly Scenario[] {
  return [sparse(sparseSizes, memory), workers(memory), manyImages(many, memory), startUp()];
}

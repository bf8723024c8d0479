import type { InputName } from '../inputs/input.js';
import { atMost, type Goals } from '../record/goals.js';
import { input, omiforge, type Scenario } from './scenario.js';

/** What is wrong with a qcow2.gz is found by gzip, qemu-img check and qemu-img compare. */
export function qcow2GzProof(source: InputName, output = '0/out'): readonly string[] {
  return [
    `gzip -t < ${output}`,
    `gzip -dc < ${output} > proof.qcow2`,
    'qemu-img check -q -f qcow2 proof.qcow2',
    `qemu-img compare -q -f raw -F qcow2 ${input(source)} proof.qcow2`,
  ];
}

interface Compression {
  readonly name: string;
  readonly source: InputName;
  /** Options of omiforge; none is its default level. */
  readonly options: string;
  /** What compresses the rival's qcow2. */
  readonly rival: string;
  readonly goals: Goals;
}

function compression({ name, source, options, rival, goals }: Compression): Scenario {
  const [tool = ''] = rival.split(' ');
  return {
    name,
    inputs: [source],
    tools: ['qemu-img', 'gzip', tool],
    contenders: [
      {
        name: 'omiforge',
        commandLine: `${omiforge} convert ${options}-O qcow2.gz ${input(source)} out`,
      },
      {
        name: `qemu-img, ${rival}`,
        commandLine: `qemu-img convert -W -m 16 -f raw -O qcow2 ${input(source)} q && ${rival} -c q > out`,
      },
    ],
    goals,
    proof: qcow2GzProof(source),
  };
}

const fast = '--level 1 ';

type Case = Omit<Compression, 'goals'> & { readonly time?: string; readonly size?: string };

const cases: readonly Case[] = [
  {
    name: 'raw to qcow2.gz, fast',
    source: 'disk.raw',
    options: fast,
    rival: 'pigz -1',
    time: '1/6',
    size: '1.03',
  },
  {
    name: 'raw to qcow2.gz, default level',
    source: 'disk.raw',
    options: '',
    rival: 'pigz -6',
    time: '1/3',
    size: '1.00',
  },
  {
    name: 'raw to qcow2.gz, fast, igzip',
    source: 'disk.raw',
    options: fast,
    rival: 'igzip -1',
    time: '1/2',
    size: '1.01',
  },
  { name: 'dense raw to qcow2.gz, fast', source: 'dense.raw', options: fast, rival: 'pigz -1' },
  {
    name: 'incompressible raw to qcow2.gz, fast',
    source: 'incompressible.raw',
    options: fast,
    rival: 'pigz -1',
  },
];

/** raw to qcow2.gz, of the real disk and of what is harder than any disk. */
export function compressing(memory: Goals): readonly Scenario[] {
  return cases.map(({ time, size, ...rest }) => {
    const ratios = { ...(time && { time: atMost(time) }), ...(size && { size: atMost(size) }) };
    return compression({ ...rest, goals: { ...ratios, ...memory } });
  });
}

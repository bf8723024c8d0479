import type { InputName } from '../inputs/input.js';
import { atMost, type Goals } from '../record/goals.js';
import { input, omiforge, type Scenario } from './scenario.js';

/**
 * As sparse as the rival's: one hundredth is left to the file system, whose own blocks for the map of a file depend on
 * the order in which its pieces were written.
 */
const asSparse = { size: atMost('1.00'), allocated: atMost('1.01') };

function qemuConvert(from: 'raw' | 'qcow2', to: string, source: string): string {
  return `qemu-img convert -W -m 16 -f ${from} -O ${to} ${source} out`;
}

/** Both `out`s have to be the source disk, byte by byte. */
const sameBytes = [`cmp 0/out ${input('disk.raw')}`, `cmp 1/out ${input('disk.raw')}`];

const sameDisk = [
  'qemu-img check -q -f qcow2 0/out',
  `qemu-img compare -q -f raw -F qcow2 ${input('disk.raw')} 0/out`,
];

/** qcow2.gz to raw: the rival goes through a file, because qemu-img cannot read a pipe. */
function inflating(memory: Goals): readonly Scenario[] {
  const rival = {
    name: 'pigz, qemu-img',
    commandLine: `pigz -dc ${input('disk.qcow2.gz')} > q && ${qemuConvert('qcow2', 'raw', 'q')}`,
  };
  const shared = {
    tools: ['qemu-img', 'pigz', 'cmp'],
    proof: sameBytes,
  };
  return [
    {
      ...shared,
      name: 'foreign qcow2.gz to raw',
      inputs: ['disk.raw', 'disk.qcow2.gz'],
      contenders: [
        { name: 'omiforge', commandLine: `${omiforge} convert -O raw ${input('disk.qcow2.gz')} out` },
        rival,
      ],
      goals: { time: atMost('1/3'), ...asSparse, ...memory },
    },
    {
      ...shared,
      name: 'own qcow2.gz to raw',
      inputs: ['disk.raw', 'disk.qcow2.gz'],
      prepare: `${omiforge} convert -O qcow2.gz ${input('disk.raw')} own.qcow2.gz`,
      contenders: [
        { name: 'omiforge', commandLine: `${omiforge} convert -O raw "$PREPARED/own.qcow2.gz" out` },
        rival,
      ],
      goals: { time: atMost('1/5'), ...asSparse, ...memory },
    },
  ];
}

function againstQemu(
  source: InputName,
  { from, to, options = '' }: { from: 'raw' | 'qcow2'; to: 'raw' | 'qcow2'; options?: string },
): Pick<Scenario, 'contenders' | 'tools' | 'inputs'> {
  return {
    inputs: [...new Set<InputName>(['disk.raw', source])],
    tools: ['qemu-img', 'cmp'],
    contenders: [
      { name: 'omiforge', commandLine: `${omiforge} convert ${options}-O ${to} ${input(source)} out` },
      { name: 'qemu-img', commandLine: qemuConvert(from, `${to} ${options}`.trim(), input(source)) },
    ],
  };
}

/** All conversions that leave no gzip. */
export function plain(memory: Goals): readonly Scenario[] {
  return [
    ...inflating(memory),
    {
      name: 'raw to qcow2',
      ...againstQemu('disk.raw', { from: 'raw', to: 'qcow2' }),
      goals: { time: atMost('0.8'), size: atMost('1.00'), ...memory },
      proof: sameDisk,
    },
    {
      name: 'qcow2 to raw',
      ...againstQemu('disk.qcow2', { from: 'qcow2', to: 'raw' }),
      goals: { time: atMost('0.8'), ...asSparse, ...memory },
      proof: sameBytes,
    },
    {
      name: 'raw to compressed qcow2',
      ...againstQemu('disk.raw', { from: 'raw', to: 'qcow2', options: '-c ' }),
      convertOption: '-c',
      goals: { time: atMost('1/4'), size: atMost('1.00'), ...memory },
      proof: sameDisk,
    },
    {
      name: 'compressed qcow2 to raw',
      ...againstQemu('disk-compressed.qcow2', { from: 'qcow2', to: 'raw' }),
      goals: { time: atMost('1/2'), ...asSparse, ...memory },
      proof: sameBytes,
    },
  ];
}

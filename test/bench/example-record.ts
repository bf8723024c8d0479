import { atMost, type Goals, judge } from '../../bench/record/goals.js';
import type { BenchmarkRecord, ContenderRecord, MeasuredScenario } from '../../bench/record/record.js';

const mebibyte = 2 ** 20;

/** A contender with made-up times, 50 MiB of memory and an output of 100 bytes unless told. */
export function contender(
  name: string,
  wallMs: readonly number[],
  details: Partial<ContenderRecord> & { readonly peakBytes?: number } = {},
): ContenderRecord {
  const { peakBytes = 50 * mebibyte, ...rest } = details;
  return {
    name,
    commandLine: `${name} in out`,
    runs: wallMs.map((ms) => ({ wallMs: ms, cpuMs: 2 * ms, peakBytes })),
    output: { sizeBytes: 100, allocatedBytes: 100 },
    ...rest,
  };
}

export function measured(
  name: string,
  goals: Goals,
  contenders: readonly ContenderRecord[],
): MeasuredScenario {
  return { name, outcome: 'measured', goals, contenders, verdicts: judge(goals, contenders) };
}

/** A benchmark with a goal that is met, one that is not, one without, one that cannot be measured and one that failed. */
export const exampleRecord: BenchmarkRecord = {
  startedAt: '2027-01-08T10:20:30.000Z',
  isQuick: false,
  rounds: 3,
  machine: {
    processor: 'Example <CPU> & more',
    cores: 2,
    memoryBytes: 8 * 1024 * mebibyte,
    kernel: '6.1.0',
    fileSystem: 'ext4',
    loadBefore: 0.1,
    versions: { omiforge: '0.1.0', Node: 'v20.19.0', 'qemu-img': '7.2.22' },
  },
  inputs: [{ name: 'disk.raw', sizeBytes: 4096 * mebibyte, allocatedBytes: 1200 * mebibyte }],
  scenarios: [
    measured('fast one', { time: atMost('1/6'), size: atMost('1.03'), peakBytes: 300 * mebibyte }, [
      contender('omiforge', [1000, 1100, 1300]),
      contender('qemu-img, pigz -1', [8000, 8800, 8100]),
    ]),
    measured('slow one', { time: atMost('1/2') }, [
      contender('omiforge', [900, 800, 700]),
      contender('qemu-img', [1000, 1000, 1000]),
    ]),
    measured('no goal', {}, [
      contender('omiforge', [30]),
      contender('qemu-img', [60], { output: undefined }),
    ]),
    { name: 'new one', outcome: 'unavailable', goals: { time: atMost('1/4') }, reason: "no 'convert -c'" },
    { name: 'broken one', outcome: 'failed', goals: {}, reason: 'gzip -t failed: <crc>' },
  ],
};

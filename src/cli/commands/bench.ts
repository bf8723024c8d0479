import { cpus } from 'node:os';
import { Command, Option } from 'commander';
import type { BenchProgress, BenchResult } from '../../bench/options.js';
import type { FormatName } from '../../image/format.js';
import {
  allowExternalOption,
  allowedExternal,
  bandwidthFrom,
  type ExternalFlags,
  externalFolderOption,
  forceCorruptOption,
  formatOption,
  integerFrom,
  jsonOption,
  listOf,
  sizeFrom,
} from '../arguments.js';
import { durationText } from '../durations.js';
import { printJson, printLine, printNote } from '../output.js';
import { ProgressLine } from '../progress.js';
import { version } from '../version.js';

interface BenchFlags extends ExternalFlags {
  readonly format?: FormatName;
  readonly snapshot?: string;
  readonly forceCorrupt?: boolean;
  readonly bandwidth?: readonly number[];
  readonly threads?: readonly number[];
  readonly sample?: number;
  readonly seconds?: number;
  readonly report?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const help = `
Measures every engine of this build at every level, with 1 thread and with one for each core, on pieces from all over
IMAGE, in the workers that 'omiforge convert' uses. IMAGE has any format; a .gz of another program is inflated first.
Without IMAGE it measures on files of this machine, and says so. It says for each setting how fast it is, how small the
result and how much memory it takes, and for each link which --level has the image in the bucket soonest, where
compressing and uploading go on side by side.

Nothing else should run meanwhile: on a busy machine the speeds are those of a busy machine.

--json prints an object with "subject", "is-image", "sample-bytes", "data-bytes", "threads", "settings" (each with
"engine", "engine-level", "levels", "ratio", "is-best" and "runs"), "advice" and "elapsed-ms".

Exit status: 0 done, 1 failed, 2 bad usage, 130 interrupted.

Examples:
  $ omiforge bench disk.qcow2
  $ omiforge bench --bandwidth 300M,2.5G --report levels.html disk.raw
  $ omiforge bench --threads 1,4,8 --seconds 120 --sample 512M disk.qcow2.gz
  $ omiforge bench --json disk.raw | jq '.advice[] | {bandwidth, level}'
`;

/** `omiforge bench [IMAGE]` */
export function benchCommand(signal: AbortSignal): Command {
  return new Command('bench')
    .description('measure engines and levels on an image, and say which level is best for which link')
    .argument('[image]', 'image to measure on (default: files of this machine)')
    .addOption(formatOption('-f, --format <fmt>', 'format of IMAGE'))
    .option('--snapshot <id|name>', 'measure on this internal snapshot of a qcow2')
    .addOption(forceCorruptOption())
    .addOption(allowExternalOption())
    .addOption(externalFolderOption())
    .addOption(
      new Option(
        '--bandwidth <list>',
        'links to give advice for, in bits per second (default: 50M,200M,1G,10G)',
      ).argParser(listOf(bandwidthFrom)),
    )
    .addOption(
      new Option(
        '--threads <list>',
        'numbers of threads to measure with (default: 1 and all cores)',
      ).argParser(listOf(integerFrom(1, 1024))),
    )
    .addOption(
      new Option('--sample <size>', 'how much of the image to compress (default: 128M)').argParser(sizeFrom),
    )
    .addOption(
      new Option('--seconds <number>', 'how long to measure, about (default: 30)').argParser(
        integerFrom(1, 86_400),
      ),
    )
    .option('--report <file>', 'write a page with a chart, an HTML file that needs no network')
    .option('--force', 'replace an existing report')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((image: string | undefined, flags: BenchFlags) => run(image, flags, signal));
}

async function run(image: string | undefined, flags: BenchFlags, signal: AbortSignal): Promise<void> {
  const { checkTarget } = await import('../../files/target-file.js');
  // Before a long measurement, not after it.
  if (flags.report !== undefined) await checkTarget(flags.report, flags.force === true);
  const result = await measure(image, flags, signal);
  if (flags.report !== undefined) await writeReport(flags.report, flags.force === true, result);
  if (flags.json === true) {
    const { benchJson } = await import('../bench-report/json.js');
    printJson(benchJson(result));
  } else {
    const { benchText } = await import('../bench-report/text.js');
    printLine(benchText(result));
  }
  if (flags.report !== undefined) printNote(`the report is in ${flags.report}`);
  printNote(`measured in ${durationText(result.elapsedMs)}`);
}

async function measure(
  image: string | undefined,
  flags: BenchFlags,
  signal: AbortSignal,
): Promise<BenchResult> {
  const { runBench } = await import('../../bench/bench.js');
  using line = await ProgressLine.create();
  return await runBench(image, {
    format: flags.format,
    snapshot: flags.snapshot,
    allowCorrupt: flags.forceCorrupt,
    allowExternal: allowedExternal(flags),
    sampleBytes: flags.sample,
    threads: flags.threads,
    seconds: flags.seconds,
    bandwidthsBitsPerSecond: flags.bandwidth,
    signal,
    onProgress: ({ phase, doneShare, detail = '' }: BenchProgress) =>
      line.update({ phase, doneBytes: doneShare ?? 0, totalBytes: doneShare === undefined ? 0 : 1, detail }),
    onWarning: line.warn,
  });
}

async function writeReport(path: string, force: boolean, result: BenchResult): Promise<void> {
  const [{ benchPage }, { TargetFile }] = await Promise.all([
    import('../bench-report/page.js'),
    import('../../files/target-file.js'),
  ]);
  const [first] = cpus();
  const page = benchPage(result, {
    version,
    processor: first?.model.trim() ?? 'unknown processor',
    cores: cpus().length,
    date: new Date().toISOString(),
  });
  await using file = await TargetFile.create(path, { replace: force, durable: false });
  try {
    await file.handle.writeFile(page);
    await file.commit();
  } catch (thrown) {
    throw file.translate(thrown);
  }
}

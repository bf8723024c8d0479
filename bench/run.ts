import { execFile } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { makeSampleDisk } from '../setup/sample-disk.js';
import { bytesText } from '../src/cli/quantities.js';
import { type Measured, measure, median } from './measure.js';
import { type Inputs, scenarios } from './scenarios.js';

const run = promisify(execFile);
const usage = `npm run bench [-- [--rounds N] [--folder DIR] [WORD...]]

Times omiforge against the usual tools on a disk made of this machine's files. WORDs choose scenarios by their names.`;

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Makes what is not there yet, with the tools that users have. */
async function makeInputs(folder: string): Promise<Inputs> {
  await mkdir(folder, { recursive: true });
  const inputs = {
    raw: join(folder, 'disk.raw'),
    qcow2: join(folder, 'disk.qcow2'),
    qcow2Gz: join(folder, 'disk.qcow2.gz'),
  };
  if (!(await isThere(inputs.raw))) await makeSampleDisk(inputs.raw);
  if (!(await isThere(inputs.qcow2))) {
    await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', inputs.raw, inputs.qcow2]);
  }
  if (!(await isThere(inputs.qcow2Gz))) await run('pigz', ['-k', inputs.qcow2]);
  return inputs;
}

function row({ contender, durationsMs, outputBytes }: Measured): string {
  const seconds = (value: number) => (value / 1000).toFixed(2).padStart(7);
  const span = `${seconds(Math.min(...durationsMs))} to ${seconds(Math.max(...durationsMs))}`;
  return `  ${contender.padEnd(18)} ${seconds(median(durationsMs))} s  (${span})  ${bytesText(outputBytes)}`;
}

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    folder: { type: 'string', default: '/var/tmp/omiforge-bench' },
    help: { type: 'boolean', short: 'h' },
  },
  allowPositionals: true,
});

if (values.help) {
  console.log(usage);
} else {
  const rounds = Math.max(1, Math.floor(Number(values.rounds)) || 1);
  const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
  const inputs = await makeInputs(values.folder);
  const [processor] = cpus();
  console.log(
    `${cpus().length} × ${processor?.model.trim()}, Node ${process.version}, ${rounds} rounds in turn`,
  );
  for (const scenario of scenarios(`'${process.execPath}' '${main}'`, inputs)) {
    if (!positionals.every((word) => scenario.name.includes(word))) continue;
    const results = await measure(scenario, rounds, join(values.folder, 'scratch'));
    const [ours, rival] = results;
    if (ours === undefined || rival === undefined) continue;
    const time = median(ours.durationsMs) / median(rival.durationsMs);
    const size = ours.outputBytes / rival.outputBytes;
    console.log(`\n${scenario.name}: time ${time.toFixed(2)}, size ${size.toFixed(3)} of the rival's`);
    for (const result of results) console.log(row(result));
  }
}

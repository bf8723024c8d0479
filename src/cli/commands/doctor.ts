import { Command } from 'commander';
import { defaultLevel } from '../../convert/options.js';
import { printable } from '../../printable.js';
import { jsonOption } from '../arguments.js';
import { isClone } from '../clone.js';
import type { Diagnosis, LevelUse } from '../diagnosis/diagnose.js';
import { alignRows, printJson, printLine } from '../output.js';

const help = `
The engines are the libraries that compress. isal and libdeflate are built in where they were found when omiforge was
installed; zlib comes with Node and is always there. The first table says which of them each --level of
'omiforge convert' uses here: where one is missing, another does its levels.

Exit status: 0 omiforge works, also where a library is missing that it can do without; 1 it does not work.

--json prints an object with "version", "node", "platform", "architecture", "cores", "works", "failure", "engines",
"libzstd", "levels", "missing" and "remedy".

Examples:
  $ omiforge doctor
  $ omiforge doctor --json | jq -r '.engines[].name'
`;

/** `omiforge doctor` */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('say what this build can do, what it lacks and how to mend it')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((flags: { readonly json?: boolean }) => run(flags));
}

async function run({ json }: { readonly json?: boolean }): Promise<void> {
  const [{ installationFacts }, { diagnose }] = await Promise.all([
    import('../diagnosis/facts.js'),
    import('../diagnosis/diagnose.js'),
  ]);
  const diagnosis = diagnose(await installationFacts(), isClone());
  if (json === true) printJson(toJson(diagnosis));
  else printLine(describe(diagnosis));
  if (diagnosis.build === undefined) process.exitCode = 1;
}

function toJson(diagnosis: Diagnosis): Record<string, unknown> {
  const { build, failure, levels } = diagnosis;
  return {
    version: diagnosis.version,
    node: diagnosis.nodeVersion,
    platform: diagnosis.platform,
    architecture: diagnosis.architecture,
    cores: diagnosis.cores,
    works: build !== undefined,
    ...(failure === undefined ? {} : { failure }),
    engines: (build?.engines ?? []).map(({ name, version, leastLevel, mostLevel }) => ({
      name,
      version,
      'least-level': leastLevel,
      'most-level': mostLevel,
    })),
    libzstd: build?.hasZstd ?? false,
    levels: levels.map(({ userLevel, engine, level }) => ({
      level: userLevel,
      engine,
      'engine-level': level,
    })),
    missing: diagnosis.missing,
    remedy: diagnosis.remedy,
  };
}

/** The whole answer for people. */
function describe(diagnosis: Diagnosis): string {
  const { version, nodeVersion, platform, architecture, cores, failure } = diagnosis;
  const rows: [string, string][] = [
    ['omiforge', version],
    ['Node', nodeVersion],
    ['machine', `${platform}-${architecture}, ${cores} ${cores === 1 ? 'core' : 'cores'} to use`],
    ['native addon', failure === undefined ? 'loads' : 'CANNOT BE USED'],
  ];
  return [...alignRows(rows), ...buildLines(diagnosis), '', ...verdictLines(diagnosis)]
    .map(printable)
    .join('\n');
}

function buildLines({ build, levels }: Diagnosis): string[] {
  if (build === undefined) return [];
  const engines = build.engines.map(({ name, version, leastLevel, mostLevel }): [string, string] => [
    name,
    `version ${version}, its own levels ${leastLevel} to ${mostLevel}`,
  ]);
  return [
    '',
    'Engines of this build',
    ...alignRows(engines),
    '',
    'What --level uses here',
    ...alignRows(levels.map((use): [string, string] => [`${use.userLevel}`, levelText(use)])),
    '',
    'zstd clusters of qcow2',
    `  ${build.hasZstd ? 'can be read' : 'cannot be read: the build found no libzstd'}`,
  ];
}

function levelText({ userLevel, engine, level }: LevelUse): string {
  if (userLevel === 0) return `${engine} ${level}, not compressed`;
  return `${engine} ${level}${userLevel === defaultLevel ? ', the default' : ''}`;
}

function verdictLines({ failure, missing, remedy }: Diagnosis): string[] {
  const commands = remedy.map((command) => `  $ ${command}`);
  if (failure !== undefined) {
    return ['What is wrong', `  ${failure}`, '', 'To mend it', ...commands, '', 'omiforge does not work.'];
  }
  if (missing.length === 0) return ['Nothing is missing.'];
  const effects = missing.map(({ name, effect }): [string, string] => [name, `without it ${effect}`]);
  return [
    'Missing, though omiforge works without',
    ...alignRows(effects),
    '',
    'To get it, and build again',
    ...commands,
  ];
}

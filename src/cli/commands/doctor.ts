import { Command, Option } from 'commander';
import { jsonOption } from '../arguments.js';
import { printJson, printLine } from '../output.js';
import { type PlaceFlags, placeOptions } from '../signing-options.js';

interface DoctorFlags extends PlaceFlags {
  readonly online?: boolean;
  readonly json?: boolean;
}

const help = `
The engines are the libraries that compress. isal and libdeflate are built in where they were found when omiforge was
installed; zlib comes with Node and is always there. The first table says which of them each --level of
'omiforge convert' uses here: where one is missing, another does its levels.

Of the current and the temporary folder it says what is free there and what the file system can do, by small files
that are gone afterwards. Of the cloud it says where keys, region and object storage would come from, and never a key.
Nothing is sent; with --online it asks the object storage for the time, without keys, as it refuses signatures where
the clocks differ by more than 5 minutes.

--json prints an object with "version", "node", "platform", "architecture", "cores", "works", "failure", "engines",
"libzstd", "levels", "missing", "remedy", "memory", "folders", "cloud", "clock", "faults" and "remarks".

Exit status: 0 omiforge works, also where a library or keys are missing; 1 it does not work, or something is to be
mended: a configuration that cannot be used, or with --online a clock that is wrong or an object storage that does not
answer.

Examples:
  $ omiforge doctor
  $ omiforge doctor --online --profile prod
  $ omiforge doctor --json | jq -r '.engines[].name'
`;

/** `omiforge doctor` */
export function doctorCommand(signal: AbortSignal): Command {
  const command = new Command('doctor')
    .description('say what this build and this machine can do, what is missing and how to mend it')
    .addOption(new Option('--online', 'ask the object storage for the time, to compare the clock'));
  for (const option of placeOptions()) command.addOption(option);
  return command
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((flags: DoctorFlags) => run(flags, signal));
}

async function run(flags: DoctorFlags, signal: AbortSignal): Promise<void> {
  const [{ examine }, { findingsOf }] = await Promise.all([
    import('../diagnosis/examine.js'),
    import('../diagnosis/findings.js'),
  ]);
  const online = flags.online ?? false;
  const examination = await examine({ flags, environment: process.env, online, signal });
  const findings = findingsOf(examination);
  if (flags.json === true) {
    const { examinationJson } = await import('../diagnosis/report-json.js');
    printJson(examinationJson(examination, findings));
  } else {
    const { examinationText } = await import('../diagnosis/report-text.js');
    printLine(examinationText(examination, findings));
  }
  const isWell = examination.diagnosis.build !== undefined && findings.faults.length === 0;
  if (!isWell) process.exitCode = 1;
}

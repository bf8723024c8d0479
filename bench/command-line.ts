import { parseArgs } from 'node:util';
import { ForgeError } from '../src/errors.js';

export const usage = `npm run bench [-- [OPTION...] [WORD...]]

Times omiforge against the usual tools: whole processes, in turn, in the same run. WORDs choose the scenarios whose names
have all of them.

  --list           say what the scenarios are, with their goals
  --quick          small inputs and 3 rounds: under 2 minutes
  --rounds N       rounds that count, 1 to 99 (default: 5; start-up takes 4 times as many)
  --folder DIR     where inputs are kept and outputs written (default: /var/tmp/omiforge-bench)
  --json FILE      write every measurement and what is known of the machine
  --report FILE    write an HTML page with charts
  --results        write bench/RESULTS.md; for a run at full size
  --without WORD   leave out scenarios with WORD in their names; may be given several times. RESULTS.md names them
  -h, --help       say this`;

export interface BenchOptions {
  readonly task: 'help' | 'list' | 'measure';
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly folder: string;
  readonly jsonPath: string | undefined;
  readonly reportPath: string | undefined;
  readonly writesResults: boolean;
  readonly words: readonly string[];
  readonly without: readonly string[];
}

function refuse(message: string): never {
  throw new ForgeError('ARGUMENT_INVALID', `${message}; see 'npm run bench -- --help'`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        list: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        folder: { type: 'string', default: '/var/tmp/omiforge-bench' },
        json: { type: 'string' },
        report: { type: 'string' },
        without: { type: 'string', multiple: true, default: [] },
        results: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
      allowPositionals: true,
    });
  } catch (thrown) {
    const [line = ''] = (thrown as Error).message.split(/\.? To specify|\n/);
    return refuse(line.replace(/\.$/, ''));
  }
}

/** @throws ForgeError when an option is unknown or outside its range */
export function parseCommandLine(args: readonly string[]): BenchOptions {
  const { values, positionals } = parse(args);
  const rounds = values.rounds ?? (values.quick ? '3' : '5');
  if (!/^[1-9]\d?$/.test(rounds)) refuse(`--rounds is '${rounds}', and may be 1 to 99`);
  if (values.results && (values.quick || positionals.length > 0)) {
    refuse('--results is for a run of all scenarios at full size, without --quick and words');
  }
  if (values.results && Number(rounds) < 5) refuse('--results takes 5 rounds or more');
  return {
    task: values.help ? 'help' : values.list ? 'list' : 'measure',
    isQuick: values.quick,
    rounds: Number(rounds),
    folder: values.folder,
    jsonPath: values.json,
    reportPath: values.report,
    writesResults: values.results,
    words: positionals,
    without: values.without,
  };
}

import { Option } from 'commander';
import { durationFrom, momentFrom } from '../../time-arguments.js';

/** What {@link outputOptions} give, and `--json`. */
export interface OutputFlags {
  readonly output?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Where a manifest is written. */
export function outputOptions(): readonly Option[] {
  return [
    new Option('-o, --output <file>', 'write the manifest there instead of to stdout'),
    new Option('--force', 'replace an existing output file'),
  ];
}

/** The path of `-o`; undefined for stdout. */
export function outputPath(option: string | undefined): string | undefined {
  return option === '-' ? undefined : option;
}

/** The moment at which URLs are judged. */
export function atOption(): Option {
  return new Option('--at <date>', 'judge the URLs as of this moment (default: now)').argParser(momentFrom);
}

const mostLifeSeconds = 999_999_999;

/** How long URLs have to work. */
export function minimumLifeOption(): Option {
  return new Option(
    '--min-life <time>',
    'fail when a URL works for less: seconds, or a number with m, h or d (default: 2h, with a warning only)',
  ).argParser(durationFrom(0, mostLifeSeconds));
}

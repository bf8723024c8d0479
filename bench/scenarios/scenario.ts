import type { InputName } from '../inputs/input.js';
import type { Goals } from '../record/goals.js';

/**
 * A command line of the shell, run in an empty folder of its own, where it leaves its result as `out`: a file or a folder
 * of files. `$OMIFORGE` and `$NODE` are programs, `$INPUTS` is the folder of the inputs, `$PREPARED` has what the
 * scenario prepared.
 */
export interface Contender {
  readonly name: string;
  readonly commandLine: string;
}

/** Contenders that do the same job. */
export interface Scenario {
  readonly name: string;
  readonly inputs: readonly InputName[];
  /** Programs that are needed besides omiforge. */
  readonly tools: readonly string[];
  /** An option of `omiforge convert` without which there is nothing to measure. */
  readonly convertOption?: string;
  /** Command line that is run once and not timed, in `$PREPARED`. */
  readonly prepare?: string;
  /** Ours, its rival, and what else is measured along. */
  readonly contenders: readonly [Contender, Contender, ...Contender[]];
  readonly goals: Goals;
  /** Command lines that fail unless our result is right; run after the last round where ours is `0/out`, the rival's `1/out`. */
  readonly proof: readonly string[];
  /** How often a round repeats the command line, where one time is too short to be measured well; 1 unless told. */
  readonly repeats?: number;
  /** How many times the usual number of rounds it takes; 1 unless told. */
  readonly roundsFactor?: number;
}

/** How programs are called that the environment names. */
export const omiforge = '"$NODE" "$OMIFORGE"';

/** An input as a word of a command line. */
export function input(name: InputName): string {
  return `"$INPUTS/${name}"`;
}

/** A command line as people would type it. */
export function readable(commandLine: string): string {
  return commandLine
    .replaceAll(omiforge, 'omiforge')
    .replaceAll(/"\$(?:INPUTS|PREPARED)\/([^"]*)"/g, '$1')
    .replaceAll('"$NODE"', 'node')
    .replaceAll('"$CONVERT_MANY"', 'bench/convert-many.js');
}

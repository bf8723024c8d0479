import type { Goals, Verdict } from './goals.js';

/** One execution of a command line with all of its processes; where a round has several, the mean of them. */
export interface Run {
  readonly wallMs: number;
  /** User and system time of all processes and threads. */
  readonly cpuMs: number;
  /** Resident memory of the largest process at its peak, threads included. */
  readonly peakBytes: number;
}

/** What was left behind by the last round. */
export interface Output {
  readonly sizeBytes: number;
  /** Room on the disk: less than the size where there are holes. */
  readonly allocatedBytes: number;
}

export interface ContenderRecord {
  readonly name: string;
  readonly commandLine: string;
  readonly runs: readonly Run[];
  readonly output: Output | undefined;
}

export interface MeasuredScenario {
  readonly name: string;
  readonly outcome: 'measured';
  readonly goals: Goals;
  /** Ours, its rival, and what else was measured along. */
  readonly contenders: readonly ContenderRecord[];
  readonly verdicts: readonly Verdict[];
}

export interface UnmeasuredScenario {
  readonly name: string;
  /** `unavailable` where this version has no such feature, `failed` where a command or the proof of its result did. */
  readonly outcome: 'unavailable' | 'failed';
  readonly goals: Goals;
  readonly reason: string;
}

export type ScenarioRecord = MeasuredScenario | UnmeasuredScenario;

export interface MachineFacts {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  /** Of the folder that all files are in. */
  readonly fileSystem: string;
  /** Of one minute, before the first scenario: what else the machine did. */
  readonly loadBefore: number;
  /** Name and version of omiforge, of Node and of each tool. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface InputRecord extends Output {
  readonly name: string;
}

/** All of one benchmark: what `--json` writes. */
export interface BenchmarkRecord {
  readonly startedAt: string;
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly machine: MachineFacts;
  readonly inputs: readonly InputRecord[];
  readonly scenarios: readonly ScenarioRecord[];
}

import { columns } from '../../src/cli/columns.js';
import type { BenchmarkRecord, ScenarioRecord } from '../record/record.js';
import { contenderCells, contenderHeads, summaryCells, summaryHeads, verdictText } from './wording.js';

/** One scenario with all its contenders, for a terminal. */
export function scenarioTable(scenario: ScenarioRecord): string {
  if (scenario.outcome !== 'measured') {
    return `${scenario.name}\n  ${scenario.outcome}: ${scenario.reason}`;
  }
  const rows = [contenderHeads, ...scenario.contenders.map(contenderCells)];
  const lines = [...columns(rows, 1), ...scenario.verdicts.map(verdictText)];
  return [scenario.name, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** All scenarios, a line each. */
export function summaryTable({ scenarios }: BenchmarkRecord): string {
  return columns([summaryHeads, ...scenarios.map(summaryCells)], 2).join('\n');
}

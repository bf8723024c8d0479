import type { BenchmarkRecord, ScenarioRecord } from '../record/record.js';
import { contenderCells, contenderHeads, summaryCells, summaryHeads, verdictText } from './wording.js';

/** Cells in columns: the first `left` of them begin together, the others end together; the last is never filled up. */
function columns(rows: readonly (readonly string[])[], left: number): readonly string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return index < left || index === row.length - 1 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

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

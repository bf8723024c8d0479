import { bytesText } from '../../src/cli/quantities.js';
import type { BenchmarkRecord, ScenarioRecord } from '../record/record.js';
import {
  contenderCells,
  contenderHeads,
  machineFactsText,
  methodSentences,
  summaryCells,
  summaryHeads,
  verdictText,
} from './wording.js';

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function details(scenario: ScenarioRecord): readonly string[] {
  if (scenario.outcome !== 'measured') return [];
  const { name, contenders, verdicts } = scenario;
  return [
    `### ${name}`,
    table(contenderHeads, contenders.map(contenderCells)),
    ...(verdicts.length === 0 ? [] : [verdicts.map((verdict) => `* ${verdictText(verdict)}`).join('\n')]),
    ['```', ...contenders.map(({ commandLine }) => commandLine), '```'].join('\n'),
  ];
}

/** The whole of `bench/RESULTS.md`. @param leftOut names of scenarios that were not measured */
export function resultsMarkdown(record: BenchmarkRecord, leftOut: readonly string[] = []): string {
  const inputRows = record.inputs.map(({ name, sizeBytes, allocatedBytes }) => [
    name,
    bytesText(sizeBytes),
    bytesText(allocatedBytes),
  ]);
  const parts = [
    '# Results of the benchmark',
    'Written by `npm run bench -- --results`. Do not edit: run it again.',
    table(summaryHeads, record.scenarios.map(summaryCells)),
    ...(leftOut.length === 0 ? [] : [`Left out of this run: ${leftOut.join('; ')}.`]),
    methodSentences(record).join('\n'),
    '## Machine',
    table(['', ''], machineFactsText(record)),
    '## Inputs',
    table(['input', 'size', 'on the disk'], inputRows),
    '## Measurements',
    ...record.scenarios.flatMap(details),
  ];
  return `${parts.join('\n\n')}\n`;
}

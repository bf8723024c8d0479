import type { BenchResult } from '../../bench/options.js';
import { columns } from '../columns.js';
import {
  adviceCells,
  adviceHeads,
  adviceSentences,
  methodSentences,
  settingCells,
  settingHeads,
  subjectText,
} from './wording.js';

/** The measurements for a terminal. */
export function benchText(result: BenchResult): string {
  return [
    subjectText(result),
    '',
    ...columns([settingHeads(result), ...result.settings.map(settingCells)], 1),
    '',
    ...methodSentences(result),
    '',
    ...adviceSentences(result),
    '',
    ...columns([adviceHeads, ...result.advice.map(adviceCells)], 1),
  ].join('\n');
}

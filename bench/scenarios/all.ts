import type { Sizes } from '../inputs/sizes.js';
import { memoryGoalBytes } from '../record/goals.js';
import { compressing } from './compressing.js';
import { plain } from './plain.js';
import { scaling } from './scaling.js';
import type { Scenario } from './scenario.js';

/** @param workers how many threads omiforge takes by default */
export function allScenarios(sizes: Sizes, workers: number): readonly Scenario[] {
  const memory = { peakBytes: memoryGoalBytes(workers) };
  return [...compressing(memory), ...plain(memory), ...scaling(sizes, memory)];
}

/** Those whose names have all the words; all of them when there are no words. */
export function chosenScenarios(
  scenarios: readonly Scenario[],
  words: readonly string[],
  without: readonly string[] = [],
): readonly Scenario[] {
  return scenarios.filter(({ name }) => {
    const has = (word: string) => name.includes(word.toLowerCase());
    return words.every(has) && !without.some(has);
  });
}

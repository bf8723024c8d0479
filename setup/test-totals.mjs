import { stripVTControlCharacters } from 'node:util';

/** @typedef {{ passed: number, failed: number }} Totals */

/**
 * Counts what AVA's default reporter prints: `✔` before a test that passed, `✘` before a test that failed, and before
 * a file that crashed, held no test or did not end in time. AVA itself does not say how many passed when some failed.
 * A run that ended badly, or ran nothing, has failed whatever was counted.
 * @param {string} output
 * @param {number | null} status AVA's exit status, null when a signal ended it
 * @returns {Totals}
 */
export function totalsOf(output, status) {
  const totals = { passed: 0, failed: 0 };
  for (const line of stripVTControlCharacters(output).split('\n')) {
    // The second form of each mark is what AVA prints where the terminal has no Unicode.
    if (/^\s*[✔√] (?!\[expected fail\])/.test(line)) totals.passed += 1;
    if (/^\s*[✘×] /.test(line)) totals.failed += 1;
  }
  if (totals.failed === 0 && (status !== 0 || totals.passed === 0)) totals.failed = 1;
  return totals;
}

/**
 * @param {Totals} totals
 * @returns {string} the line that ends every test run
 */
export function totalsLine({ passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}

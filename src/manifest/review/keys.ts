import { childPath } from '../json/paths.js';
import { quotedHarmless } from '../quoted.js';
import type { Findings, Spot } from './findings.js';
import { origins } from './origins.js';
import type { Severity } from './review-fault.js';

/** A key that the documentation has, and what it is when the key is not there. */
export interface KeyRule {
  readonly key: string;
  /** Left out where every generation of the documentation lets it be absent. */
  readonly absent?: { readonly severity: Severity; readonly advice: string; readonly origin: string };
}

/** The values of an object by the keys that are meant. */
export type Members = ReadonlyMap<string, Spot>;

/** A key may differ by so many letters from the one that is meant, and a short one by one: two are half of it. */
const mostTypos = 2;
const shortKeyLetters = 4;

/**
 * The members of an object by their keys. A key in the wrong case, or mistyped, is told of, and what it holds is looked
 * at as if it were written right, so that all faults come at once. Of equal keys the last one counts.
 */
export function membersOf(object: Spot, rules: readonly KeyRule[], findings: Findings): Members {
  const found = new Map<string, Spot>();
  for (const { key, value } of object.node.members) {
    if (rules.some((rule) => rule.key === key)) {
      found.set(key, { node: value, path: childPath(object.path, key) });
    }
  }
  for (const { key, offset, value } of object.node.members) {
    if (rules.some((rule) => rule.key === key)) continue;
    const path = childPath(object.path, key);
    const meant = meantRule(
      key,
      rules.filter((rule) => !found.has(rule.key)),
    );
    if (meant === undefined) {
      const message = `the key ${quotedHarmless(key)} is in no edition of the documentation; it is left as it is, and the service may refuse it`;
      findings.add('warning', path, offset, { code: 'unknown-key', message, origin: origins.all });
      continue;
    }
    // A key that may be absent might be another one after all: nothing is said of its value then.
    if (meant.code === 'key-case' || meant.rule.absent !== undefined) {
      found.set(meant.rule.key, { node: value, path });
    }
    const message = `the key ${quotedHarmless(key)} is not known, ${meant.rule.key} is; write it so`;
    const severity = meant.rule.absent?.severity ?? 'warning';
    findings.add(severity, path, offset, { code: meant.code, message, origin: origins.all });
  }
  tellAbsent(object, rules, found, findings);
  return found;
}

function tellAbsent(object: Spot, rules: readonly KeyRule[], found: Members, findings: Findings): void {
  for (const { key, absent } of rules) {
    if (absent === undefined || found.has(key)) continue;
    const { severity, advice, origin } = absent;
    const message = `${key} is missing; ${advice}`;
    const path = childPath(object.path, key);
    findings.add(severity, path, object.node.offset, { code: 'missing-key', message, origin });
  }
}

function meantRule(
  key: string,
  rules: readonly KeyRule[],
): { readonly code: 'key-case' | 'key-typo'; readonly rule: KeyRule } | undefined {
  const folded = key.toLowerCase().replaceAll(/[\s_-]/g, '');
  const sameLetters = rules.find((rule) => rule.key.toLowerCase() === folded);
  if (sameLetters !== undefined) return { code: 'key-case', rule: sameLetters };
  const distances = rules.map((rule) => ({ rule, typos: typosBetween(folded, rule.key.toLowerCase()) }));
  const [nearest] = distances
    .filter(({ rule, typos }) => typos <= (rule.key.length <= shortKeyLetters ? 1 : mostTypos))
    .toSorted((one, other) => one.typos - other.typos);
  return nearest === undefined ? undefined : { code: 'key-typo', rule: nearest.rule };
}

/** How many letters have to be put in, left out or changed to make one word of the other (Levenshtein). */
function typosBetween(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > mostTypos) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= other.length; column += 1) {
      const changed = (row[column - 1] ?? 0) + (letter === other[column - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

import type { Token } from '../json/lexer.js';
import { isQuote } from '../json/strings.js';
import type { TextPlaces } from '../json/text-places.js';
import { quotedHarmless } from '../quoted.js';

/** One thing that was changed in a manifest. */
export interface RepairChange {
  /** In the text as it was, from 1. */
  readonly line: number;
  /** Such as `added a missing comma`. */
  readonly what: string;
}

/** A text and what it consists of. */
export interface TokenText {
  readonly text: string;
  readonly tokens: readonly Token[];
}

/**
 * What has become of a text, token by token. Marks may have been added, commas and comments removed, and every other
 * token must have its counterpart in the same order.
 *
 * @returns undefined when one has not, so that it is not known what was changed
 */
export function changesBetween(
  before: TokenText,
  after: TokenText,
  places: TextPlaces,
): readonly RepairChange[] | undefined {
  const changes: RepairChange[] = [];
  const tell = (offset: number, what: string) => changes.push({ line: places.at(offset).line, what });
  const rawBefore = (token: Token | undefined) => (token && before.text.slice(token.offset, token.end)) ?? '';
  let meantEnd = before.tokens[0]?.offset ?? 0;
  let there = 0;
  let here = 0;
  while (here < before.tokens.length || there < after.tokens.length) {
    const old = before.tokens[here];
    const now = after.tokens[there];
    const oldRaw = rawBefore(old);
    const nowRaw = now === undefined ? '' : after.text.slice(now.offset, now.end);
    if (old?.kind === 'comment' || old?.kind === 'odd-space') {
      const isComment = old.kind === 'comment';
      tell(old.offset, isComment ? 'removed a comment' : 'replaced white space that JSON does not know');
      here += 1;
    } else if (old !== undefined && old.kind === now?.kind && (old.kind === 'scalar' || oldRaw === nowRaw)) {
      if (oldRaw !== nowRaw) tell(old.offset, rewriting(oldRaw, nowRaw, isKeyAt(after, there)));
      meantEnd = old.end;
      here += 1;
      there += 1;
    } else if (now?.kind === 'mark' && ',:}]'.includes(nowRaw) && oldRaw !== ',') {
      tell(meantEnd, nowRaw === ',' ? 'added a missing comma' : `added a missing ${nowRaw}`);
      there += 1;
    } else if (oldRaw === ',') {
      tell(old?.offset ?? 0, `removed ${commaBefore(rawBefore(nextMeant(before.tokens, here)))}`);
      here += 1;
    } else {
      return undefined;
    }
  }
  return changes;
}

function nextMeant(tokens: readonly Token[], index: number): Token | undefined {
  let next = index + 1;
  while (tokens[next]?.kind === 'comment' || tokens[next]?.kind === 'odd-space') next += 1;
  return tokens[next];
}

function commaBefore(next: string): string {
  return next === '}' || next === ']' ? 'a trailing comma' : 'a comma without a value';
}

function isKeyAt({ text, tokens }: TokenText, index: number): boolean {
  const next = tokens[index + 1];
  return next?.kind === 'mark' && text[next.offset] === ':';
}

/** How one text, number or keyword was written anew. */
function rewriting(before: string, after: string, isKey: boolean): string {
  const quote = before[0] ?? '';
  const what = isKey ? `the key ${quotedHarmless(after.slice(1, -1))}` : 'a text';
  if (quote === "'") return `put ${what} in double quotes instead of single ones`;
  if (quote !== '"' && isQuote(quote)) return `put ${what} in straight double quotes`;
  if (quote === '"') {
    if (before.length < 2 || !before.endsWith('"')) return `added the closing quote of ${what}`;
    return `escaped characters of ${what} as JSON has it`;
  }
  if (after.startsWith('"')) {
    return isKey ? `put ${what} in double quotes` : `put ${quotedHarmless(before)} in double quotes`;
  }
  return `wrote ${after} for ${quotedHarmless(before)}`;
}

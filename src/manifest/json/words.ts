/** What stands where a text in quotes, a number or a keyword should: read as one piece. */
export interface Word {
  readonly end: number;
  readonly text: string;
}

/** What a word is meant to be. */
export type WordMeaning = 'true' | 'false' | 'null' | 'number' | 'text' | 'unknown';

const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const afterNumber = /[\s,:[\]{}"'/]|$/y;
const keyword = /(?:true|false|null)(?![A-Za-z0-9_$])/y;
const keyWord = /[^,:=[\]{}"'\u201c\u201d\u2018\u2019`\u00b4\r\n/]+/y;
const valueWord = /[^,[\]{}"'\u201c\u201d\u2018\u2019`\u00b4\r\n/+]+/y;
const addressRest = /[A-Za-z0-9\-._~:/?#@!$&'()*+;=%]+/y;
const anything = /[^\s,:[\]{}"]+/y;

/** The end of the number that begins at `offset`, written as JSON has it; undefined when there is none. */
export function endOfNumber(text: string, offset: number): number | undefined {
  const end = endOf(number, text, offset);
  return end !== undefined && endOf(afterNumber, text, end) !== undefined ? end : undefined;
}

/** The end of `true`, `false` or `null`; undefined when none of them begins at `offset`. */
export function endOfKeyword(text: string, offset: number): number | undefined {
  return endOf(keyword, text, offset);
}

/** Reads at least one character: up to what can only be the end of a key or of a value. */
export function readWord(text: string, offset: number, role: 'key' | 'value'): Word {
  let end = endOf(role === 'key' ? keyWord : valueWord, text, offset);
  // The two slashes of an unquoted URL are no comment.
  if (role === 'value' && end !== undefined && /^https?:$/i.test(text.slice(offset, end))) {
    end = endOf(addressRest, text, end) ?? end;
  }
  const whole = text.slice(offset, end ?? endOf(anything, text, offset) ?? offset + 1);
  const word = whole.trimEnd() || whole;
  return { end: offset + word.length, text: word };
}

/** What somebody who wrote `word` without quotes meant by it. */
export function meaningOf(word: string): WordMeaning {
  if (word === 'True' || word === 'TRUE') return 'true';
  if (word === 'False' || word === 'FALSE') return 'false';
  if (word === 'None' || word === 'NULL') return 'null';
  // All digits count in codes such as 0001, so they are text.
  if (/^0[0-9]+$/.test(word)) return 'text';
  if (/^-?(?:[0-9]+\.|[0-9]*\.[0-9]+)$/.test(word)) return 'number';
  return /^[-+.0-9]|^(?:NaN|Infinity|undefined)$/.test(word) ? 'unknown' : 'text';
}

function endOf(pattern: RegExp, text: string, offset: number): number | undefined {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

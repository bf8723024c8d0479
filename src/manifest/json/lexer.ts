import { isQuote, readQuoted } from './strings.js';
import type { Flaw } from './syntax-fault.js';
import { endOfKeyword, endOfNumber, meaningOf, readWord } from './words.js';

export type ScalarType = 'string' | 'number' | 'boolean' | 'null' | 'unreadable';

/** A piece of the text that is not white space of JSON. */
export interface Token {
  readonly kind: 'mark' | 'scalar' | 'comment' | 'odd-space';
  readonly offset: number;
  readonly end: number;
}

/** A text, a number, a keyword, or what stands in the place of one. */
export interface Scalar extends Token {
  readonly type: ScalarType;
  /** What it means: a text without its quotes, a number or keyword as JSON writes it. */
  readonly value: string;
}

const plainSpace = /[ \t\r\n]+/y;
const oddSpace = /[\v\f\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+/y;
const lineComment = /(?:\/\/|#)[^\r\n]*/y;
const byteOrderMark = '\ufeff';

/** Cuts a text into tokens of JSON and of what people write instead, and tells of the latter. */
export class Lexer {
  readonly #text: string;
  readonly #report: (flaw: Flaw) => void;
  readonly #tokens: Token[] = [];
  #offset = 0;
  /** Where the last token that means something has ended. */
  #meantEnd = 0;
  #lastMark = '';

  constructor(text: string, report: (flaw: Flaw) => void) {
    this.#text = text;
    this.#report = report;
  }

  /** All that was taken so far, with what was passed over. */
  get tokens(): readonly Token[] {
    return this.#tokens;
  }

  get offset(): number {
    return this.#offset;
  }

  get meantEnd(): number {
    return this.#meantEnd;
  }

  /** The mark that was taken last; empty where it was no mark. */
  get lastMark(): string {
    return this.#lastMark;
  }

  /** The first character of the next token; empty at the end. */
  peek(): string {
    while (this.#skipSpace() || this.#skipComment());
    return this.#text[this.#offset] ?? '';
  }

  /** Takes the next character as one token. */
  takeMark(): Token {
    return this.#take({ kind: 'mark', offset: this.#offset, end: this.#offset + 1 });
  }

  takeScalar(role: 'key' | 'value'): Scalar {
    const offset = this.#offset;
    if (isQuote(this.#text[offset] ?? '')) {
      const { end, value, flaws } = readQuoted(this.#text, offset);
      for (const flaw of flaws) this.#report(flaw);
      return this.#take({ kind: 'scalar', type: 'string', offset, end, value });
    }
    return this.#take(role === 'key' ? this.#unquotedKey(offset) : this.#unquotedValue(offset));
  }

  /** Goes on at a later place; what lies between is no token. */
  jumpTo(offset: number): void {
    this.#offset = offset;
  }

  #take<Kind extends Token>(token: Kind): Kind {
    this.#tokens.push(token);
    this.#offset = token.end;
    this.#meantEnd = token.end;
    this.#lastMark = token.kind === 'mark' ? (this.#text[token.offset] ?? '') : '';
    return token;
  }

  #skipSpace(): boolean {
    const before = this.#offset;
    this.#offset = endOf(plainSpace, this.#text, before) ?? before;
    const end = endOf(oddSpace, this.#text, this.#offset);
    if (end === undefined) return this.#offset > before;
    const offset = this.#offset;
    this.#offset = end;
    this.#tokens.push({ kind: 'odd-space', offset, end });
    if (offset === 0 && this.#text[0] === byteOrderMark) {
      const message = 'a byte order mark stands before the text; save the file as UTF-8 without one';
      this.#report({ code: 'byte-order-mark', offset, message });
      if (end === 1) return true;
    }
    const code = this.#text
      .charCodeAt(end - 1)
      .toString(16)
      .padStart(4, '0')
      .toUpperCase();
    const message = `white space that JSON does not know (U+${code}); use plain spaces`;
    this.#report({ code: 'odd-white-space', offset: end - 1, message });
    return true;
  }

  #skipComment(): boolean {
    const offset = this.#offset;
    const lineEnd = endOf(lineComment, this.#text, offset);
    if (lineEnd === undefined && !this.#text.startsWith('/*', offset)) return false;
    const close = lineEnd === undefined ? this.#text.indexOf('*/', offset + 2) : lineEnd;
    const end = lineEnd ?? (close === -1 ? this.#text.length : close + 2);
    this.#report(
      close === -1
        ? { code: 'unterminated-comment', offset, message: 'the comment never ends; remove it' }
        : { code: 'comment', offset, message: 'JSON has no comments; remove it' },
    );
    this.#tokens.push({ kind: 'comment', offset, end });
    this.#offset = end;
    return true;
  }

  #unquotedKey(offset: number): Scalar {
    const { end, text } = readWord(this.#text, offset, 'key');
    this.#report({ code: 'unquoted-key', offset, message: 'the key has no quotes; put it in double quotes' });
    return { kind: 'scalar', type: 'string', offset, end, value: text };
  }

  #unquotedValue(offset: number): Scalar {
    const text = this.#text;
    const number = endOfNumber(text, offset);
    if (number !== undefined) return scalar('number', offset, number, text.slice(offset, number));
    const keyword = endOfKeyword(text, offset);
    if (keyword !== undefined) return keywordScalar(text.slice(offset, keyword), offset, keyword);
    const word = readWord(text, offset, 'value');
    const meaning = meaningOf(word.text);
    this.#report({ ...wordFlaw(word.text, meaning), offset });
    if (meaning === 'text') return scalar('string', offset, word.end, word.text);
    if (meaning === 'number') return scalar('number', offset, word.end, word.text);
    if (meaning === 'unknown') return scalar('unreadable', offset, word.end, word.text);
    return keywordScalar(meaning, offset, word.end);
  }
}

function scalar(type: ScalarType, offset: number, end: number, value: string): Scalar {
  return { kind: 'scalar', type, offset, end, value };
}

function keywordScalar(value: string, offset: number, end: number): Scalar {
  return scalar(value === 'null' ? 'null' : 'boolean', offset, end, value);
}

function wordFlaw(word: string, meaning: string): Omit<Flaw, 'offset'> {
  if (meaning === 'true' || meaning === 'false' || meaning === 'null') {
    return { code: 'foreign-literal', message: `${word} is not JSON; write ${meaning}` };
  }
  if (/^-?(?:NaN|Infinity)$/.test(word)) {
    return { code: 'not-a-number', message: `JSON has no ${word}; write a number` };
  }
  if (/^[-+.]?[0-9]/.test(word)) {
    const message =
      'the number is not written as JSON has it; use digits, with no plus sign or zeros before them, and double quotes where it is a code';
    return { code: 'bad-number', message };
  }
  return { code: 'unquoted-text', message: 'the text has no quotes; put it in double quotes' };
}

function endOf(pattern: RegExp, text: string, offset: number): number | undefined {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

import { type Flaw, mostFaults } from './syntax-fault.js';

/** A text between quotes. */
export interface QuotedText {
  /** Past the closing quote, or past the last character where there is none. */
  readonly end: number;
  readonly value: string;
  readonly flaws: readonly Flaw[];
}

/** Which quotes end a text that one of them begins. People paste what word processors have made of quotes. */
const closers = new Map([
  ['"', '"'],
  ["'", "'"],
  ['\u201c', '"\u201c\u201d'],
  ['\u201d', '"\u201c\u201d'],
  ...['\u2018', '\u2019', '`', '\u00b4'].map((quote) => [quote, "'\u2018\u2019`\u00b4"] as const),
]);

const escapes = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** A text with line breaks in it is looked through so far for its end; what is longer lacks its closing quote. */
const furthestEnd = 4096;

export function isQuote(character: string): boolean {
  return closers.has(character);
}

/** Reads the text that begins with the quote at `offset`, as leniently as its meaning is clear. */
export function readQuoted(text: string, offset: number): QuotedText {
  return new QuotedReader(text, offset).read();
}

class QuotedReader {
  readonly #text: string;
  readonly #offset: number;
  readonly #opener: string;
  readonly #closers: string;
  readonly #flaws: Flaw[] = [];
  #value = '';
  #at: number;
  #spansLines = false;

  constructor(text: string, offset: number) {
    this.#text = text;
    this.#offset = offset;
    this.#opener = text[offset] ?? '';
    this.#closers = closers.get(this.#opener) ?? '';
    this.#at = offset + 1;
  }

  read(): QuotedText {
    this.#checkQuotes();
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) return this.#unterminated();
      if (this.#closers.includes(character)) return this.#result(this.#at + 1);
      if (character === '\\') this.#readEscape();
      else if ((character === '\n' || character === '\r') && !this.#goesOn()) return this.#unterminated();
      else this.#readPlain(character);
    }
  }

  #checkQuotes(): void {
    if (this.#opener === '"') return;
    const single = this.#opener === "'";
    const message = single
      ? 'the text is in single quotes; JSON has double quotes only'
      : `the text is in ${this.#opener} quotes; JSON has straight double quotes only`;
    this.#flaw(single ? 'single-quotes' : 'smart-quotes', this.#offset, message);
  }

  #readPlain(character: string): void {
    if (character < ' ') {
      const code = character.charCodeAt(0).toString(16).padStart(4, '0');
      const message = `a control character (U+${code.toUpperCase()}) stands in a text; remove it, or write \\u${code}`;
      this.#flaw('control-character', this.#at, message);
    }
    this.#value += character;
    this.#at += 1;
  }

  #readEscape(): void {
    const character = this.#text[this.#at + 1] ?? '';
    const hex = /^[0-9A-Fa-f]{4}$/.exec(this.#text.slice(this.#at + 2, this.#at + 6))?.[0];
    const plain = escapes.get(character);
    if (character === 'u' && hex !== undefined) {
      this.#value += String.fromCharCode(Number.parseInt(hex, 16));
      this.#at += 6;
    } else if (plain !== undefined) {
      this.#value += plain;
      this.#at += 2;
    } else if (character === "'") {
      // Of no use between double quotes, and no part of JSON, but there is no doubt about what it means.
      if (this.#opener === '"') this.#badEscape();
      this.#value += "'";
      this.#at += 2;
    } else {
      this.#badEscape();
      this.#value += '\\';
      this.#at += 1;
    }
  }

  #badEscape(): void {
    const message =
      'the backslash begins no escape of JSON; write \\\\ for a backslash, or remove it before other characters';
    this.#flaw('bad-escape', this.#at, message);
  }

  /** Whether a line break is in the text, or the quote that should end the text before it is missing. */
  #goesOn(): boolean {
    if (this.#spansLines) return true;
    const last = Math.min(this.#text.length, this.#at + furthestEnd);
    for (let at = this.#at; at < last; at += 1) {
      const character = this.#text[at] ?? '';
      if (character === '\\') at += 1;
      else if (this.#closers.includes(character)) {
        this.#spansLines = /^[ \t\r\n]{0,200}(?:[,:}\]]|$)/.test(this.#text.slice(at + 1, at + 202));
        return this.#spansLines;
      }
    }
    return false;
  }

  /** The text ends with its line then, before a comma at the end of that. */
  #unterminated(): QuotedText {
    this.#flaw('unterminated-string', this.#offset, 'the closing quote of the text is missing; add it');
    const whole = this.#value.trimEnd();
    const value = whole.endsWith(',') ? whole.slice(0, -1).trimEnd() : whole;
    const raw = this.#text.slice(this.#offset, this.#at).trimEnd();
    const end = this.#offset + (raw.endsWith(',') ? raw.slice(0, -1).trimEnd() : raw).length;
    return { end: Math.max(end, this.#offset + 1), value, flaws: this.#flaws };
  }

  #result(end: number): QuotedText {
    return { end, value: this.#value, flaws: this.#flaws };
  }

  #flaw(code: string, offset: number, message: string): void {
    if (this.#flaws.length < mostFaults) this.#flaws.push({ code, offset, message });
  }
}

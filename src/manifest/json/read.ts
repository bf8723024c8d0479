import type { JsonDocument, JsonMember, JsonNode } from './document.js';
import { Lexer, type Scalar } from './lexer.js';
import { pathText } from './paths.js';
import { type Flaw, mostFaults, type SyntaxFault } from './syntax-fault.js';
import { TextPlaces } from './text-places.js';

/** A manifest needs 4 levels. */
const mostLevels = 64;

/**
 * Reads a text that should be JSON, and tells everything that is not: strict parsers stop at the first fault, lenient
 * ones leave out members that they cannot read, so that faults in these are never seen.
 *
 * Time and memory are bounded by the length of the text.
 *
 * @param limit how many faults are told; at that many the reading ends without a root
 */
export function readJson(text: string, limit = mostFaults): JsonDocument {
  return new JsonReader(text, limit).read();
}

/** Ends the reading of a document that goes on too long. */
class Enough extends Error {}

class JsonReader {
  readonly #text: string;
  readonly #limit: number;
  readonly #lexer: Lexer;
  readonly #faults: SyntaxFault[] = [];
  readonly #path: (string | number)[] = [];
  #places: TextPlaces | undefined;
  #openObjects = 0;
  #openArrays = 0;

  constructor(text: string, limit: number) {
    this.#text = text;
    this.#limit = limit;
    this.#lexer = new Lexer(text, (flaw) => this.#tell(flaw));
  }

  read(): JsonDocument {
    const root = this.#readRoot();
    return { root, faults: this.#faults, tokens: this.#lexer.tokens };
  }

  #readRoot(): JsonNode | undefined {
    try {
      this.#skipIntroduction();
      const root = this.#value();
      if (root === undefined) {
        const found = this.#lexer.peek() === '' ? 'there is nothing in the file' : 'no value begins here';
        this.#fault('empty', this.#lexer.offset, `${found}; a manifest is a JSON object`);
        return undefined;
      }
      this.#readRest();
      return root;
    } catch (thrown) {
      if (thrown instanceof Enough) return undefined;
      throw thrown;
    }
  }

  /** Samples are copied with the sentence before them, and out of programs and Markdown. */
  #skipIntroduction(): void {
    const first = this.#lexer.peek();
    const { offset } = this.#lexer;
    if (!/[\p{L}`]/u.test(first) || /^(?:true|false|null)\b/.test(this.#text.slice(offset, offset + 6)))
      return;
    const begin = this.#text.slice(offset).search(/[{[]/);
    if (begin === -1) return;
    this.#fault('text-before', offset, 'text stands before the JSON; remove it');
    this.#lexer.jumpTo(offset + begin);
  }

  #readRest(): void {
    const next = this.#lexer.peek();
    const { offset } = this.#lexer;
    if (next === '{' || next === '[') {
      this.#fault('second-document', offset, 'a second document begins; keep one of them in the file');
    } else if (next !== '') {
      this.#fault('text-after', offset, 'text stands behind the end of the JSON; remove it');
    }
  }

  #value(): JsonNode | undefined {
    const next = this.#lexer.peek();
    if (next === '{') return this.#inside('object', () => this.#object());
    if (next === '[') return this.#inside('array', () => this.#array());
    if (next === '' || ',:}]'.includes(next)) return undefined;
    return ofScalar(this.#lexer.takeScalar('value'));
  }

  #inside(kind: 'object' | 'array', read: () => JsonNode): JsonNode {
    if (this.#openObjects + this.#openArrays >= mostLevels) {
      const message = `more than ${mostLevels} levels; a manifest has 4`;
      this.#fault('too-deep', this.#lexer.offset, message);
      throw new Enough();
    }
    const step = kind === 'object' ? { objects: 1, arrays: 0 } : { objects: 0, arrays: 1 };
    this.#openObjects += step.objects;
    this.#openArrays += step.arrays;
    const node = read();
    this.#openObjects -= step.objects;
    this.#openArrays -= step.arrays;
    return node;
  }

  #object(): JsonNode {
    const { offset } = this.#lexer.takeMark();
    const members: JsonMember[] = [];
    const keys = new Set<string>();
    let count = 0;
    while (!this.#atEnd('}', offset)) {
      if (!this.#separated(count, '}')) continue;
      count += 1;
      const member = this.#member(keys);
      if (member !== undefined) members.push(member);
    }
    return { type: 'object', offset, end: this.#lexer.meantEnd, value: '', members, items: [] };
  }

  #array(): JsonNode {
    const { offset } = this.#lexer.takeMark();
    const items: JsonNode[] = [];
    while (!this.#atEnd(']', offset)) {
      if (!this.#separated(items.length, ']')) continue;
      this.#path.push(items.length);
      const item = this.#value();
      if (item === undefined) this.#skipForeign();
      else items.push(item);
      this.#path.pop();
    }
    return { type: 'array', offset, end: this.#lexer.meantEnd, value: '', members: [], items };
  }

  /** Whether the object or array is over: closed, or not closed although what is around it goes on. */
  #atEnd(closer: '}' | ']', opened: number): boolean {
    const next = this.#lexer.peek();
    if (next === closer) {
      this.#lexer.takeMark();
      return true;
    }
    const others = closer === '}' ? this.#openArrays : this.#openObjects;
    const isOuter = (next === '}' || next === ']') && others > 0;
    if (next !== '' && !isOuter) return false;
    this.#places ??= new TextPlaces(this.#text);
    const { line } = this.#places.at(opened);
    const what = closer === '}' ? 'object' : 'list';
    const message = `the ${what} that begins on line ${line} is not closed; add a ${closer}`;
    this.#fault('missing-bracket', this.#lexer.meantEnd, message);
    return true;
  }

  /** Reads what stands between two values, and tells whether a value follows. */
  #separated(count: number, closer: '}' | ']'): boolean {
    const next = this.#lexer.peek();
    if (next !== ',') {
      // Of a mark that does not belong here it is told as such.
      const isAfterValue = ['', '}', ']'].includes(this.#lexer.lastMark);
      if (count > 0 && isAfterValue && !':}]'.includes(next)) {
        this.#fault(
          'missing-comma',
          this.#lexer.meantEnd,
          'a comma is missing between two values; add it here',
        );
      }
      return true;
    }
    const isExtra = count === 0 || this.#lexer.lastMark === ',';
    const { offset } = this.#lexer.takeMark();
    if (isExtra) this.#fault('extra-comma', offset, 'the comma has no value before it; remove it');
    else if (this.#lexer.peek() === closer) {
      this.#fault('trailing-comma', offset, `the comma stands before a ${closer}; remove it`);
    }
    return false;
  }

  #member(keys: Set<string>): JsonMember | undefined {
    const next = this.#lexer.peek();
    if (next === '{' || next === '[') {
      this.#fault(
        'missing-key',
        this.#lexer.offset,
        'a value without a key stands in an object; give it one',
      );
      this.#value();
      return undefined;
    }
    if (next === ':' || next === ']') {
      this.#skipForeign();
      return undefined;
    }
    const { offset, value: key } = this.#lexer.takeScalar('key');
    this.#path.push(key);
    if (keys.has(key)) {
      const message =
        'the key stands in the object already; most parsers take the last one, some the first, some refuse: keep one';
      this.#fault('duplicate-key', offset, message);
    }
    keys.add(key);
    const value = this.#memberValue();
    this.#path.pop();
    return { key, offset, value };
  }

  #memberValue(): JsonNode {
    const next = this.#lexer.peek();
    if (next === ':') this.#lexer.takeMark();
    else {
      this.#fault('missing-colon', this.#lexer.meantEnd, 'no colon follows the key; add it');
      if (next === '=') this.#lexer.takeMark();
    }
    const value = this.#value();
    if (value !== undefined) return value;
    const end = this.#lexer.meantEnd;
    if (next === ':') this.#fault('missing-value', end, 'the key has no value; add one');
    return { type: 'unreadable', offset: end, end, value: '', members: [], items: [] };
  }

  #skipForeign(): void {
    const found = this.#lexer.peek();
    this.#fault('unexpected-character', this.#lexer.offset, `the ${found} does not belong here; remove it`);
    this.#lexer.takeMark();
  }

  #fault(code: string, offset: number, message: string): void {
    this.#tell({ code, offset, message });
  }

  #tell(flaw: Flaw): void {
    this.#faults.push({ ...flaw, path: pathText(this.#path) });
    if (this.#faults.length >= this.#limit) throw new Enough();
  }
}

function ofScalar({ type, offset, end, value }: Scalar): JsonNode {
  return { type, offset, end, value, members: [], items: [] };
}

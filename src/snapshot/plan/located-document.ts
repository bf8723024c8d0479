import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { inOneLine } from '../../manifest/quoted.js';
import type { PlanFault, Position } from './faults.js';

/** The keys from the top of a document to a value in it. */
export type DocumentPath = readonly (string | number)[];

/** What a plan file holds, and where in it each value stands. */
export interface LocatedDocument {
  /** Plain data; undefined where the text is no YAML. */
  readonly value: unknown;
  /** The position of a value, or of the nearest one that holds it. */
  positionOf(path: DocumentPath): Position;
  /** What is wrong with the text as YAML. */
  readonly faults: readonly PlanFault[];
}

// Texts that people write without quotes, and YAML takes for numbers: a product type of 0001, a name of 2026.
const textKeys = new Set([
  'name',
  'description',
  'user',
  'device',
  'disks',
  'source',
  'snapshot',
  'product-types',
  'pad',
]);

const planLevels = 5;

/** Reads YAML, and so JSON as well, which is a part of it. Aliases are bounded by the library. */
export function readDocument(text: string): LocatedDocument {
  const lines = new LineCounter();
  // Tags such as !!binary would make values that no plan has, and warnings would go past us to the terminal.
  const options = {
    lineCounter: lines,
    prettyErrors: false,
    resolveKnownTags: false,
    logLevel: 'error',
  } as const;
  const document = parseDocument(text, options);
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  keepTexts(document.contents, false);
  const unreadable = (offset: number, message: string): LocatedDocument => {
    const fault = { position: at(offset), path: [], message: inOneLine(message) };
    return { value: undefined, positionOf: () => at(0), faults: [fault] };
  };
  if (document.errors.some(({ message }) => message.includes('call stack'))) {
    return unreadable(0, `has far more levels than a plan, which has ${planLevels}`);
  }
  const faults = document.errors.map(({ code, message, pos }) => ({
    position: at(pos[0]),
    path: [],
    message:
      code === 'MULTIPLE_DOCS'
        ? 'a second document begins; keep one of them in the file'
        : `is no YAML: ${inOneLine(message)}`,
  }));
  if (faults.length > 0) return { value: undefined, positionOf: () => at(0), faults };
  const odd = oddKey(document);
  if (odd !== undefined) {
    return unreadable(odd.range?.[0] ?? 0, 'a list or a map stands as a key; keys of a plan are words');
  }
  const lost = aliasOfNothing(document);
  if (lost !== undefined) {
    return unreadable(
      lost.range?.[0] ?? 0,
      `*${lost.source} is an alias of nothing; write &${lost.source} before`,
    );
  }
  try {
    const value: unknown = document.toJS();
    return { value, positionOf: (path) => at(offsetOf(document, path)), faults };
  } catch (thrown) {
    // Too many aliases: a few lines can stand for gigabytes.
    return unreadable(0, `cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

/** A key that is more than a word: the library would write it out again and again. */
function oddKey(document: Document): Node | undefined {
  let odd: Node | undefined;
  visit(document, {
    Pair: (_, { key }) => {
      if (!isNode(key) || isScalar(key)) return undefined;
      odd = key;
      return visit.BREAK;
    },
  });
  return odd;
}

function aliasOfNothing(document: Document): Alias | undefined {
  let lost: Alias | undefined;
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      lost = alias;
      return visit.BREAK;
    },
  });
  return lost;
}

function offsetOf(document: Document, path: DocumentPath): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const segment of path) {
    const inner = isAlias(node) ? node.resolve(document) : node;
    // Keys need be no texts: what is told of them has their names.
    const pair = isMap(inner)
      ? inner.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment))
      : undefined;
    const next: unknown = isSeq(inner) ? inner.items[Number(segment)] : (pair?.value ?? pair?.key);
    if (!isNode(next)) break;
    offset = next.range?.[0] ?? offset;
    node = next;
  }
  return offset;
}

/** Gives the values of {@link textKeys} back the text that stands in the file. */
function keepTexts(node: unknown, isText: boolean): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      keepTexts(value, isScalar(key) && textKeys.has(String(key.value)));
    }
  } else if (isSeq(node)) {
    for (const item of node.items) keepTexts(item, isText);
  } else if (isText && isScalar(node)) {
    const { type, value, source } = node;
    if (type === 'PLAIN' && typeof value === 'number' && source !== undefined) node.value = source;
  }
}

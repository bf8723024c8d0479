import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
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
const textKeys = new Set(['name', 'description', 'user', 'device', 'source', 'product-types', 'pad']);

/** Reads YAML, and so JSON as well, which is a part of it. Aliases are bounded by the library. */
export function readDocument(text: string): LocatedDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  keepTexts(document.contents, false);
  const faults = document.errors.map(({ message, pos }) => ({
    position: at(pos[0]),
    path: [],
    message: `is no YAML: ${inOneLine(message)}`,
  }));
  if (faults.length > 0) return { value: undefined, positionOf: () => at(0), faults };
  try {
    const value: unknown = document.toJS();
    return { value, positionOf: (path) => at(offsetOf(document, path)), faults };
  } catch (thrown) {
    // Too many aliases: a few lines can stand for gigabytes.
    const message = `cannot be read: ${inOneLine(thrown instanceof Error ? thrown.message : String(thrown))}`;
    return { value: undefined, positionOf: () => at(0), faults: [{ position: at(0), path: [], message }] };
  }
}

function offsetOf(document: Document, path: DocumentPath): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as Partial<Node> | undefined;
    if (node?.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
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

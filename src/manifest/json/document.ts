import type { ScalarType, Token } from './lexer.js';
import type { SyntaxFault } from './syntax-fault.js';

/** A value of a JSON document with its place. */
export interface JsonNode {
  readonly type: ScalarType | 'object' | 'array';
  readonly offset: number;
  readonly end: number;
  /** Of a scalar: the text itself, or the number as it is written, or the keyword. */
  readonly value: string;
  /** Of an object: all its members in their order, also those of one key. */
  readonly members: readonly JsonMember[];
  /** Of an array. */
  readonly items: readonly JsonNode[];
}

export interface JsonMember {
  readonly key: string;
  /** Of the key. */
  readonly offset: number;
  readonly value: JsonNode;
}

/** What is in a text that should be JSON. */
export interface JsonDocument {
  /** Undefined where there is nothing, or too much to read. */
  readonly root: JsonNode | undefined;
  /** In the order in which they were found; empty for what every strict parser takes, in one way. */
  readonly faults: readonly SyntaxFault[];
  /** What the text consists of, in its order. */
  readonly tokens: readonly Token[];
}

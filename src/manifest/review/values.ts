import type { JsonNode } from '../json/document.js';
import { quotedHarmless } from '../quoted.js';
import type { Findings, Spot } from './findings.js';
import { origins } from './origins.js';

const typeNames: Readonly<Record<JsonNode['type'], string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
  unreadable: 'unreadable',
};

/** Tells that a value is of another type than it should be, unless it is no value of JSON, of which it was told. */
export function wrongType(spot: Spot, what: string, advice: string, findings: Findings): void {
  if (spot.node.type === 'unreadable') return;
  const message = `${what} is ${typeNames[spot.node.type]}; ${advice}`;
  findings.error(spot, 'wrong-type', message, origins.all);
}

/** The text of a value; undefined when it is absent, or none, of which is told. */
export function textOf(spot: Spot | undefined, what: string, findings: Findings): string | undefined {
  if (spot === undefined) return undefined;
  if (spot.node.type === 'string') return spot.node.value;
  wrongType(spot, what, 'write a text in double quotes', findings);
  return undefined;
}

/** The same for true and false. */
export function booleanOf(spot: Spot | undefined, what: string, findings: Findings): boolean | undefined {
  if (spot === undefined) return undefined;
  if (spot.node.type === 'boolean') return spot.node.value === 'true';
  wrongType(spot, what, 'write true or false, without quotes', findings);
  return undefined;
}

/** The same for whole numbers, up to 2^53 - 1. */
export function integerOf(spot: Spot | undefined, what: string, findings: Findings): number | undefined {
  if (spot === undefined) return undefined;
  const { type, value } = spot.node;
  if (type === 'string' && /^-?[0-9]{1,16}$/.test(value)) {
    // Without quotes it is a number with zeros before it, of which it was told.
    if (spot.node.end - spot.node.offset === value.length) return undefined;
    const message = `${what} is a text; write the number ${Number(value)} without quotes`;
    findings.error(spot, 'number-as-text', message, origins.all);
    return undefined;
  }
  if (type !== 'number') {
    wrongType(spot, what, 'write a whole number', findings);
    return undefined;
  }
  const number = Number(value);
  if (!Number.isInteger(number)) {
    const message = `${what} ${quotedHarmless(value)} is not a whole number; write one`;
    findings.error(spot, 'not-an-integer', message, origins.all);
    return undefined;
  }
  if (!Number.isSafeInteger(number)) {
    const message = `${what} ${quotedHarmless(value)} is past 2^53 - 1, and parsers make other numbers of it; write a smaller one`;
    findings.error(spot, 'number-too-large', message, origins.json);
    return undefined;
  }
  if (!/^-?[0-9]+$/.test(value)) {
    const message = `${what} ${quotedHarmless(value)} is not written as a whole number, and some parsers take it for another type; write ${number}`;
    findings.warning(spot, 'number-form', message, origins.practice);
  }
  return number;
}

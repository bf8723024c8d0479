import { jsonrepair } from 'jsonrepair';
import { ForgeError } from '../../errors.js';
import { decodeText } from '../json/decode.js';
import type { JsonDocument, JsonNode } from '../json/document.js';
import type { Token } from '../json/lexer.js';
import { readJson } from '../json/read.js';
import { isQuote } from '../json/strings.js';
import type { SyntaxFault } from '../json/syntax-fault.js';
import { TextPlaces } from '../json/text-places.js';
import { meaningOf } from '../json/words.js';
import { quotedHarmless } from '../quoted.js';
import {
  longestManifestBytes,
  type ManifestReview,
  type ReviewOptions,
  validateManifest,
} from '../review/review.js';
import { changesBetween, type RepairChange } from './changes.js';
import { addDefaults } from './defaults.js';
import { firstDifference } from './same-values.js';

/** A manifest that is strict JSON now. */
export interface RepairedManifest {
  readonly text: string;
  /** What was changed, in the order of the text; empty when it was strict JSON already and no key was missing. */
  readonly changes: readonly RepairChange[];
  /** What is wrong or doubtful still. */
  readonly review: ManifestReview;
}

/** A manifest for 40 disks has less than a thousand lines, each of which may have some faults. */
const mostRepairs = 20_000;

/** Faults of what stands around the manifest, all of which goes away. */
const aroundIt: Readonly<Record<string, string>> = {
  'byte-order-mark': 'removed the byte order mark',
  comment: 'removed a comment',
  'odd-white-space': 'removed white space that JSON does not know',
  'text-before': 'removed the text before the manifest',
  'text-after': 'removed the text behind the manifest',
};

/**
 * Makes strict JSON of a manifest that people wrote or copied: commas, comments, quotes, literals of other languages. Keys
 * that can only have one value are added. No value and no key is ever changed, nor their order: what would need that is
 * refused.
 *
 * @throws ForgeError `MANIFEST_INVALID` when nobody but its author can tell what the text is meant to say, with the place.
 */
export function repairManifest(text: string | Uint8Array, options: ReviewOptions = {}): RepairedManifest {
  const source = decode(text);
  const document = readJson(source.text, mostRepairs);
  const places = new TextPlaces(source.text);
  const root = checkRepairable(source.text, document, places);
  const strict = mendSyntax(source.text, document, root, places);
  const { text: whole, added } = addDefaults(strict.text, validateManifest(strict.text, options).faults);
  const additions = added.map(({ path, value }) => ({
    line: places.at(placeOfAddition(path, root)).line,
    what: `added the missing key ${path} with the value ${value}`,
  }));
  const decoding = source.isUtf16 ? [{ line: 1, what: 'wrote UTF-8 instead of UTF-16' }] : [];
  const changes = [...decoding, ...strict.changes, ...additions];
  return {
    text: whole,
    changes: changes.toSorted((one, other) => one.line - other.line),
    review: validateManifest(whole, options),
  };
}

function decode(text: string | Uint8Array): { readonly text: string; readonly isUtf16: boolean } {
  const lengthBytes = typeof text === 'string' ? text.length : text.byteLength;
  if (lengthBytes > longestManifestBytes) {
    const message = `has more than ${longestManifestBytes} bytes; a manifest has less than a tenth of it`;
    throw new ForgeError('MANIFEST_INVALID', message);
  }
  if (typeof text === 'string') return { text, isUtf16: false };
  const decoded = decodeText(text);
  const foreign = decoded.flaws.find(({ code }) => code !== 'utf-16');
  if (foreign !== undefined) throw refusal(foreign, new TextPlaces(decoded.text));
  return { text: decoded.text, isUtf16: decoded.flaws.length > 0 };
}

function checkRepairable(text: string, document: JsonDocument, places: TextPlaces): JsonNode {
  const { root, faults } = document;
  if (faults.length >= mostRepairs) {
    const message = `has more than ${mostRepairs} faults of syntax; is it a manifest?`;
    throw new ForgeError('MANIFEST_INVALID', message);
  }
  const doubtful = doubtfulText(text, document);
  if (doubtful !== undefined) throw refusal(doubtful, places);
  const hopeless = faults.find(({ code, offset }) => {
    const hasMore = code === 'text-after' && /[{[]/.test(text.slice(offset));
    return hasMore || code === 'second-document' || code === 'unterminated-comment';
  });
  if (hopeless !== undefined) throw refusal(hopeless, places);
  if (root?.type === 'object') return root;
  const message = 'the text is no JSON object, as a manifest is; name the file with the manifest';
  throw refusal(faults.at(-1) ?? { offset: root?.offset ?? 0, message }, places);
}

/** Where zeros before a number are digits of a code. */
const codePath = /(?:^|\.)(?:ProductTypes\[\d+\]|User)$/;

/** What reads as a text, and may not be meant as that one. */
function doubtfulText(
  text: string,
  { tokens, faults }: JsonDocument,
): Omit<SyntaxFault, 'code' | 'path'> | undefined {
  const ends = new Map(tokens.map(({ offset, end }) => [offset, end]));
  for (const { code, offset, path } of faults) {
    const raw = text.slice(offset, ends.get(offset) ?? offset);
    if (code === 'bad-number' && /^0[0-9]+$/.test(raw) && !codePath.test(path)) {
      return { offset, message: `${quotedHarmless(raw)} has zeros before the number; write it without them` };
    }
    if (code === 'unterminated-string' && raw.length > 1 && isQuote(raw.at(-1) ?? '')) {
      return {
        offset,
        message: 'the text begins with one kind of quotes and ends with another; use double quotes',
      };
    }
  }
  return undefined;
}

interface StrictText {
  readonly text: string;
  readonly changes: readonly RepairChange[];
}

function mendSyntax(text: string, document: JsonDocument, root: JsonNode, places: TextPlaces): StrictText {
  const faults = document.faults.filter(({ code }) => code !== 'duplicate-key');
  const around = faults.filter((fault) => isAround(fault, root));
  const within = faults.filter((fault) => !isAround(fault, root));
  const tokens = document.tokens.filter(({ offset }) => offset >= root.offset && offset < root.end);
  const inner = plainText(text, root, tokens, within);
  const mended = within.length === 0 ? inner : mendInner(inner, within, places);
  const after = readJson(mended);
  const difference = after.root === undefined ? root.offset : firstDifference(root, after.root);
  const changes = changesBetween({ text, tokens }, { text: mended, tokens: after.tokens }, places);
  if (difference !== undefined || changes === undefined || !isStrict(mended)) {
    throw refusal(faultNear(within, difference ?? root.offset), places);
  }
  const removed = around.map(({ code, offset }) => ({
    line: places.at(offset).line,
    what: aroundIt[code] ?? code,
  }));
  if (around.length > 0) return { text: `${mended}\n`, changes: [...removed, ...changes] };
  return { text: `${text.slice(0, root.offset)}${mended}${text.slice(root.end)}`, changes };
}

/**
 * The manifest without comments, of which jsonrepair knows two kinds, without commas that it does not expect, and with
 * literals of other languages, of which it knows some, as those of JSON.
 */
function plainText(
  text: string,
  root: JsonNode,
  tokens: readonly Token[],
  faults: readonly SyntaxFault[],
): string {
  const offsetsOf = (wanted: string) =>
    new Set(faults.filter(({ code }) => code === wanted).map(({ offset }) => offset));
  const commas = offsetsOf('extra-comma');
  const literals = offsetsOf('foreign-literal');
  let kept = '';
  let from = root.offset;
  for (const { kind, offset, end } of tokens) {
    if (kind !== 'comment' && !commas.has(offset) && !literals.has(offset)) continue;
    kept += text.slice(from, offset);
    if (literals.has(offset)) kept += meaningOf(text.slice(offset, end));
    from = end;
  }
  return kept + text.slice(from, root.end);
}

function isAround({ code, offset }: SyntaxFault, root: JsonNode): boolean {
  if (code === 'text-before' || code === 'text-after') return true;
  return Object.hasOwn(aroundIt, code) && (offset < root.offset || offset >= root.end);
}

function mendInner(text: string, faults: readonly SyntaxFault[], places: TextPlaces): string {
  try {
    return jsonrepair(text);
  } catch {
    throw refusal(faultNear(faults, 0), places);
  }
}

function isStrict(text: string): boolean {
  try {
    JSON.parse(text);
    return readJson(text).faults.every(({ code }) => code === 'duplicate-key');
  } catch {
    return false;
  }
}

/** The fault that most likely is why two readings differ from an offset on: those that may have several meanings first. */
function faultNear(
  faults: readonly SyntaxFault[],
  offset: number,
): { readonly offset: number; readonly message: string } {
  const doubtful = faults.filter(({ code }) => !mendable.has(code));
  const near = (candidates: readonly SyntaxFault[]) =>
    candidates.toSorted((one, other) => Math.abs(one.offset - offset) - Math.abs(other.offset - offset))[0];
  return near(doubtful) ?? near(faults) ?? { offset, message: 'the text can be read in several ways' };
}

/** Codes of faults that have one remedy. */
const mendable = new Set([
  'comment',
  'extra-comma',
  'trailing-comma',
  'missing-comma',
  'single-quotes',
  'smart-quotes',
  'unquoted-key',
  'unquoted-text',
  'foreign-literal',
  'odd-white-space',
  'duplicate-key',
]);

function refusal(
  { offset, message }: { readonly offset: number; readonly message: string },
  places: TextPlaces,
): ForgeError {
  const { line, column } = places.at(offset);
  const advice = 'this cannot be mended without guessing, so mend it by hand and try again';
  return new ForgeError('MANIFEST_INVALID', `line ${line}, column ${column}: ${message}; ${advice}`);
}

function placeOfAddition(path: string, root: JsonNode): number {
  const image = root.members.findLast(({ key }) => key === 'Image');
  return path.startsWith('Image.') && image !== undefined ? image.value.offset : root.offset;
}

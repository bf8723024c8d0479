import { applyEdits, type JSONPath, type ModificationOptions, modify } from 'jsonc-parser';
import type { ReviewFault } from '../review/review-fault.js';

/** A key that is missing and can only have one value. */
export interface AddedKey {
  /** Such as `Image.Type`. */
  readonly path: string;
  /** As JSON. */
  readonly value: string;
}

interface Default {
  readonly path: JSONPath;
  readonly value: number | string | boolean;
  readonly position?: number;
}

// Longer lines are formatted character by character, and too slowly.
const longestFormatted = 4096;

/** What the documentation says is always so, and the description, which has to be there "even if you leave it blank". */
const defaults: Readonly<Record<string, Default>> = {
  Version: { path: ['Version'], value: 1, position: 0 },
  'Image.Description': { path: ['Image', 'Description'], value: '' },
  'Image.Type': { path: ['Image', 'Type'], value: 'machine' },
  'Image.Public': { path: ['Image', 'Public'], value: false },
};

/**
 * Adds to a manifest in strict JSON the keys that `faults` miss, where there is no doubt about their values. All else in
 * the text stays as it is.
 */
export function addDefaults(
  text: string,
  faults: readonly ReviewFault[],
): { readonly text: string; readonly added: readonly AddedKey[] } {
  // Nobody knows which of two objects of one key is meant.
  if (faults.some(({ code }) => code === 'duplicate-key')) return { text, added: [] };
  const missing = faults.flatMap(({ code, path }) =>
    code === 'missing-key' && Object.hasOwn(defaults, path) ? [path] : [],
  );
  const format = formatOf(text);
  const added: AddedKey[] = [];
  let whole = text;
  for (const path of missing) {
    const key = defaults[path];
    if (key === undefined) continue;
    const { position } = key;
    const place = position === undefined ? {} : { getInsertionIndex: () => position };
    whole = applyEdits(whole, modify(whole, key.path, key.value, { ...format, ...place }));
    added.push({ path, value: JSON.stringify(key.value) });
  }
  return { text: whole, added };
}

/** How what is added stands in the text: in lines of its own, unless all of it is one long line. */
function formatOf(text: string): ModificationOptions {
  const lines = text.split('\n');
  if (lines.some(({ length }) => length > longestFormatted)) return {};
  const formattingOptions = {
    insertSpaces: !lines.some((line) => line.startsWith('\t')),
    tabSize: 2,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
  return { formattingOptions };
}

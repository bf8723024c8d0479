import type { ParseError } from 'jsonc-parser';
import { ForgeError } from '../errors.js';

/** Where the tools of this cloud keep their profiles below the home folder, the newer place first. */
export const configPlaces = ['.osc/config.json', '.osc_sdk/config.json'] as const;

/** The profiles of a configuration file by name, as they stand there: nothing in them is checked yet. */
export type Profiles = ReadonlyMap<string, unknown>;

/** A configuration file that is there, or was asked for. */
export interface ConfigFile {
  /** As people are told it: `~/.osc/config.json`, or as they have named it. */
  readonly name: string;
  /** Whether somebody named it, and not only its place is known. */
  readonly isAsked: boolean;
  /** Permission bits; undefined where it could not be opened. */
  readonly mode: number | undefined;
  /** What is in it, or why it cannot be used. */
  readonly content: Profiles | ForgeError;
}

/** One that can be used. */
export interface SoundFile extends ConfigFile {
  readonly content: Profiles;
}

/**
 * Reads the text of a configuration: a JSON object with a profile under each name.
 *
 * @throws ForgeError `CONFIG_INVALID`, which tells where, and nothing of the text: there are secrets in it
 */
export async function parseProfiles(bytes: Uint8Array): Promise<Profiles> {
  const text = decoded(bytes);
  const value = await parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ForgeError(
      'CONFIG_INVALID',
      `is ${kindOf(value)}; a configuration is a JSON object with a profile under each name`,
    );
  }
  return new Map(Object.entries(value));
}

/** What a value is, for a message: never the value. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ForgeError('CONFIG_INVALID', 'is not UTF-8 text; save it as UTF-8');
  }
}

async function parseJson(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    // The message of JSON.parse quotes the text around the place.
    const place = await placeOfFault(text);
    throw new ForgeError('CONFIG_INVALID', `is not JSON${place}; mend it, or write it anew`);
  }
}

/** Such as " (line 3, column 7)"; empty where it cannot be told. */
async function placeOfFault(text: string): Promise<string> {
  const { parse } = await import('jsonc-parser');
  const faults: ParseError[] = [];
  try {
    parse(text, faults, { allowTrailingComma: false, disallowComments: true });
  } catch {
    // Nested so deeply that its stack ends.
  }
  const [first] = faults;
  if (first === undefined) return '';
  const before = text.slice(0, first.offset).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1) ?? '').length + 1})`;
}

import { isUtf8 } from 'node:buffer';
import { type Flaw, mostFaults } from './syntax-fault.js';

/** What bytes say as text. Nothing is left out: bytes that are no UTF-8 become U+FFFD, a byte order mark stays. */
export interface DecodedText {
  readonly text: string;
  readonly flaws: readonly Flaw[];
}

/** Reads bytes as the UTF-8 that JSON has to be, and as UTF-16 where a byte order mark or zeros say so. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return decodeUtf16(bytes, 'utf-16le');
  if (first === 0xfe && second === 0xff) return decodeUtf16(bytes, 'utf-16be');
  // JSON begins with a character of ASCII, which is half zeros in UTF-16.
  if (second === 0 && first !== 0) return decodeUtf16(bytes, 'utf-16le');
  if (first === 0 && second !== 0 && second !== undefined) return decodeUtf16(bytes, 'utf-16be');
  if (isUtf8(bytes)) return { text: decodeUtf8(bytes), flaws: [] };
  return decodeBroken(bytes);
}

function decodeUtf16(bytes: Uint8Array, encoding: string): DecodedText {
  const message = 'the file is UTF-16, JSON is UTF-8; save it as UTF-8 without a byte order mark';
  const flaws: Flaw[] = [{ code: 'utf-16', offset: 0, message }];
  const text = new TextDecoder(encoding).decode(bytes);
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    const offset = Math.max(0, text.indexOf('\ufffd'));
    flaws.push({
      code: 'not-utf16',
      offset,
      message: 'what stands here is no character; save the file as UTF-8',
    });
  }
  return { text, flaws };
}

function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** Character by character, so that every run of foreign bytes has a place in the text. */
function decodeBroken(bytes: Uint8Array): DecodedText {
  const flaws: Flaw[] = [];
  let text = '';
  let at = 0;
  let afterForeign = false;
  while (at < bytes.length) {
    const part = bytes.subarray(at, at + sequenceLength(bytes[at] ?? 0));
    const known = isUtf8(part);
    if (!known && !afterForeign && flaws.length < mostFaults) {
      const hex = (bytes[at] ?? 0).toString(16).padStart(2, '0');
      const message = `the byte 0x${hex} is not UTF-8; save the file as UTF-8`;
      flaws.push({ code: 'not-utf8', offset: text.length, message });
    }
    text += known ? decodeUtf8(part) : '\ufffd';
    at += known ? part.length : 1;
    afterForeign = !known;
  }
  return { text, flaws };
}

/** The length that the first byte of a character promises. */
function sequenceLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

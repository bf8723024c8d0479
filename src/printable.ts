// Those of the second kind turn the direction of what is read.
const controlCharacter = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const shortEscapes = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/**
 * Text as one line that a terminal shows as it stands: names of files, and names within images, may hold line
 * breaks and sequences that would move the cursor or worse. Control characters become escapes such as `\n`, `\x1b`.
 */
export function printable(text: string): string {
  return text.replaceAll(controlCharacter, (character) => {
    const hex = character.charCodeAt(0).toString(16);
    return shortEscapes.get(character) ?? (hex.length > 2 ? `\\u${hex}` : `\\x${hex.padStart(2, '0')}`);
  });
}

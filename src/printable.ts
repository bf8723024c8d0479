const controlCharacter = /\p{Cc}/gu;
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
    const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
    return shortEscapes.get(character) ?? `\\x${hex}`;
  });
}

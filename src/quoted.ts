const longestShown = 120;

/**
 * Text from outside (a name, a key, a path) as it may stand in a one-line message: cut when long, and with
 * every character escaped that would break the line or drive a terminal.
 */
export function inOneLine(text: string): string {
  const shown = text.length > longestShown ? `${text.slice(0, longestShown)}...` : text;
  return shown.replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, escaped);
}

/** {@link inOneLine}, between single quotes. */
export function quoted(text: string): string {
  return `'${inOneLine(text)}'`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

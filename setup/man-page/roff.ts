import { printable } from '../../src/printable.js';

/**
 * Text as a man page shows it character by character, so that what is copied from it works. groff would make
 * typographic hyphens and quotes of the plain ones, and takes dots and quotes at the beginning of a line as requests.
 */
export function literal(text: string): string {
  return guarded(escaped(printable(text)).replaceAll('-', '\\-'));
}

/** One argument of a macro, such as a heading. */
export function argument(text: string): string {
  return `"${literal(text)}"`;
}

const styles = { bold: 'B', italic: 'I' } as const;

/** Literal text in another font. */
export function styled(style: keyof typeof styles, text: string): string {
  return `\\f${styles[style]}${literal(text)}\\fR`;
}

/**
 * Sentences, each on a line, as groff wants them. Options and quoted command lines become bold, and the values that the
 * help of a command names in capitals italic.
 *
 * @param valueNames in capitals, such as SRC
 */
export function prose(text: string, valueNames: ReadonlySet<string> = new Set()): string {
  return printable(text)
    .split(/(?<=[\w)"'][.?!]) (?=[A-Z"'(])/)
    .map((sentence) => guarded(inFonts(sentence, valueNames)))
    .join('\n');
}

/** A quoted command line, an option, a name in capitals. */
const special = /'((?:omiforge|qemu-img|npm) [^']+)'|(?<![\w/.-])(--?[A-Za-z][A-Za-z-]*)|\b([A-Z]{2,})\b/g;

function inFonts(text: string, valueNames: ReadonlySet<string>): string {
  let done = '';
  let end = 0;
  for (const match of text.matchAll(special)) {
    const [whole, commandLine, option, name] = match;
    const shown =
      name !== undefined && !valueNames.has(name)
        ? plain(name)
        : styled(name === undefined ? 'bold' : 'italic', commandLine ?? option ?? whole);
    done += plain(text.slice(end, match.index)) + shown;
    end = match.index + whole.length;
  }
  return done + plain(text.slice(end));
}

/** A hyphen between words may be shown as a typographic one; in all else it may be copied into a shell. */
function plain(text: string): string {
  return text
    .split(/(\s+)/)
    .map((word) => (/^\(?[A-Za-z]+(?:-[a-z]+)+[).,;:]*$/.test(word) ? word : word.replaceAll('-', '\\-')))
    .map((word) => word.split('\\-').map(escaped).join('\\-'))
    .join('');
}

const names = new Map([
  ['\\', '\\(rs'],
  ['"', '\\(dq'],
  ["'", '\\(aq'],
  ['`', '\\(ga'],
  ['^', '\\(ha'],
  ['~', '\\(ti'],
]);

/** Everything but the hyphen. */
function escaped(text: string): string {
  return text.replace(
    /[\\"'`^~]|[^\0-\x7f]/gu,
    (character) => names.get(character) ?? `\\[u${codePoint(character)}]`,
  );
}

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** A dot at the beginning of a line would make it a request. */
function guarded(line: string): string {
  return line.startsWith('.') ? `\\&${line}` : line;
}

/** What a terminal of 80 columns has room for, behind the margins of an example. */
const widthColumns = 66;

/**
 * A command line in lines that fit on a page, each but the last with a backslash at its end, so that a shell takes them
 * for the same command. Programs of a pipe begin a line each, and what stands behind an option stays beside it. Folds
 * that are there already are for a wider terminal, and are undone first.
 */
export function folded(text: string): string {
  const command = text.replace(/ \\\n +/g, ' ');
  if (command.length <= widthColumns) return command;
  const words = command.match(/(?:'[^']*'|"[^"]*"|[^ '"])+/g) ?? [];
  // Nothing may be lost of what is written in another way.
  if (words.join(' ') !== command) return command;
  const lines: string[] = [];
  for (const unit of unitsOf(words)) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(unit);
    else if (unit.startsWith('| ') || last.length + unit.length >= widthColumns) lines.push(`    ${unit}`);
    else lines[lines.length - 1] = `${last} ${unit}`;
  }
  return lines.join(' \\\n');
}

/** Words that belong together: a pipe and its program, `>` and its file, an option and what may be its value. */
function unitsOf(words: readonly string[]): readonly string[] {
  const units: string[] = [];
  let isOpen = false;
  for (const word of words) {
    const isFlag = /^-./.test(word);
    if (isOpen && !isFlag) units[units.length - 1] += ` ${word}`;
    else units.push(word);
    isOpen = isFlag || word === '|' || word === '>';
  }
  return units;
}

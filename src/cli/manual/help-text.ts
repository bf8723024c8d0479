/** A part of what a help says: text to be filled into lines, or lines to be left as they are. */
export type HelpBlock =
  | { readonly kind: 'prose'; readonly text: string }
  | { readonly kind: 'verbatim'; readonly lines: readonly string[] };

export interface Example {
  /** What it is good for, without a colon; undefined where the command says it. */
  readonly title: string | undefined;
  /** Command lines without the `$`; one that goes on behind a backslash has line breaks in it. */
  readonly commands: readonly string[];
}

/** What the exit status of a command can be, or of all commands but those with a group of their own. */
export interface ExitStatusGroup {
  /** The command that the group is about, where the help names it. */
  readonly of: string | undefined;
  readonly statuses: ReadonlyArray<{ readonly status: number; readonly meaning: string }>;
}

/** What stands behind the options in the help of a command. */
export interface HelpText {
  readonly blocks: readonly HelpBlock[];
  readonly exitStatus: readonly ExitStatusGroup[];
  readonly examples: readonly Example[];
}

const exitStatusLabel = 'Exit status: ';
const examplesLabel = 'Examples:';

/**
 * Takes the text apart that a command adds to its help. Blank lines part its blocks. A block that begins with `Exit
 * status:` and one that begins with `Examples:`, with all indented ones behind it, are what they say; other indented
 * lines are verbatim, and all else is prose.
 */
export function parseHelpText(text: string): HelpText {
  const blocks: HelpBlock[] = [];
  const exampleLines: string[] = [];
  let exitStatus: readonly ExitStatusGroup[] = [];
  let isInExamples = false;
  for (const lines of blocksOf(text)) {
    const [first = ''] = lines;
    if (first === examplesLabel) exampleLines.push(...lines.slice(1));
    else if (isInExamples && isIndented(first)) exampleLines.push(...lines);
    else if (first.startsWith(exitStatusLabel)) exitStatus = exitStatusOf(lines.join(' '));
    else blocks.push(...asBlocks(lines));
    isInExamples = first === examplesLabel || (isInExamples && isIndented(first));
  }
  return { blocks, exitStatus, examples: examplesOf(exampleLines) };
}

function blocksOf(text: string): readonly (readonly string[])[] {
  return text
    .split(/\n(?:[ \t]*\n)+/)
    .map((block) => block.split('\n').filter((line) => line.trim() !== ''))
    .filter((lines) => lines.length > 0);
}

function isIndented(line: string): boolean {
  return /^\s/.test(line);
}

function asBlocks(lines: readonly string[]): readonly HelpBlock[] {
  const firstIndented = lines.findIndex(isIndented);
  const proseLines = firstIndented < 0 ? lines : lines.slice(0, firstIndented);
  const verbatim = lines.slice(proseLines.length);
  return [
    ...(proseLines.length > 0 ? [{ kind: 'prose', text: proseLines.join(' ') } as const] : []),
    ...(verbatim.length > 0 ? [{ kind: 'verbatim', lines: withoutIndent(verbatim) } as const] : []),
  ];
}

function withoutIndent(lines: readonly string[]): readonly string[] {
  const indent = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indent).trimEnd());
}

/** `0 done, 1 failed; compare: 0 identical, 1 different.` Commas and semicolons part where a number follows. */
function exitStatusOf(line: string): readonly ExitStatusGroup[] {
  const text = line.slice(exitStatusLabel.length).replace(/\.$/, '');
  return text.split(/; (?=\D)/).map((group) => {
    const [, of, list = ''] = /^(?:([a-z][a-z ]*): )?(.*)$/.exec(group) ?? [];
    const statuses = list.split(/[,;] (?=\d+ )/).flatMap((item) => {
      const [, status, meaning] = /^(\d+) (.+)$/.exec(item) ?? [];
      return status === undefined || meaning === undefined ? [] : [{ status: Number(status), meaning }];
    });
    return { of, statuses };
  });
}

/** `$` begins a command, a line behind a backslash goes on with it, and any other is the title of what follows. */
function examplesOf(lines: readonly string[]): readonly Example[] {
  const examples: { title: string | undefined; commands: string[] }[] = [];
  for (const line of lines) {
    const text = line.trim();
    const current = examples.at(-1);
    const command = current?.commands.at(-1);
    if (text.startsWith('$ ')) {
      if (current === undefined) examples.push({ title: undefined, commands: [text.slice(2)] });
      else current.commands.push(text.slice(2));
    } else if (current !== undefined && command?.endsWith('\\')) {
      current.commands[current.commands.length - 1] = `${command}\n    ${text}`;
    } else if (current !== undefined && current.commands.length === 0) {
      current.title = `${current.title} ${text}`.replace(/:$/, '');
    } else {
      examples.push({ title: text.replace(/:$/, ''), commands: [] });
    }
  }
  return examples;
}

import type { ForgeError } from '../errors.js';

/** Results go to stdout, everything else to stderr. The only file that prints, but for progress bars. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A result for programs. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, undefined, 2));
}

export function printText(text: string): void {
  process.stdout.write(text);
}

/** Something to know that is neither result nor failure. */
export function printNote(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function printWarning(message: string): void {
  process.stderr.write(`warning: ${message}\n`);
}

export function printError(operation: string, error: ForgeError): void {
  process.stderr.write(`error: ${operation}: ${error.toLine()}\n`);
}

/** Label and value in two columns. */
export function alignRows(rows: ReadonlyArray<readonly [label: string, value: string]>): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
}

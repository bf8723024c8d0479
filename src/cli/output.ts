import { withoutSignatures } from '../cloud/redact-url.js';
import { type ForgeError, toForgeError } from '../errors.js';
import { printable } from '../printable.js';

let lostResult: NodeJS.ErrnoException | undefined;

/** Failing writes must not end the process: work has to clean up behind itself first. To be called once. */
export function surviveFailingStreams(): void {
  // Of a result it is told by resultsWritten(); of a converted image by the conversion.
  process.stdout.on('error', () => {});
  // Nobody is left to be told.
  process.stderr.on('error', () => {});
}

/** Results go to stdout, everything else to stderr. The only file that prints, but for progress bars. */
export function printLine(line: string): void {
  printText(`${line}\n`);
}

/** A result for programs; on stderr where an image takes stdout. */
export function printJson(value: unknown, isStdoutTaken = false): void {
  const text = `${JSON.stringify(value, undefined, 2)}\n`;
  if (isStdoutTaken) process.stderr.write(text);
  else printText(text);
}

export function printText(text: string): void {
  process.stdout.write(text, (thrown) => {
    lostResult ??= thrown ?? undefined;
  });
}

// Large enough that a line costs little, small beside what the program takes anyway.
const printedAtOnceBytes = 65536;

/**
 * Prints a result that may be larger than memory: no more is made than its reader takes.
 *
 * @throws the signal's reason
 */
export async function printParts(parts: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
  let text = '';
  for await (const part of parts) {
    text += part;
    if (text.length < printedAtOnceBytes) continue;
    await printAndWait(text, signal);
    text = '';
    // Nobody wants the rest: resultsWritten() tells whether that is a failure.
    if (lostResult !== undefined) return;
  }
  printText(text);
}

/** A reader that has stopped reading must not keep an interrupted program waiting. */
async function printAndWait(text: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    process.stdout.write(text, (thrown) => {
      signal.removeEventListener('abort', stop);
      lostResult ??= thrown ?? undefined;
      resolve();
    });
  });
}

/**
 * Waits until all results are written.
 *
 * @throws ForgeError where they could not be; not where their reader has seen enough and gone, as `head` does
 */
export async function resultsWritten(): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  if (lostResult !== undefined && lostResult.code !== 'EPIPE')
    throw toForgeError(lostResult, 'standard output');
}

/** Something to know that is neither result nor failure. */
export function printNote(line: string): void {
  process.stderr.write(`${withoutSignatures(printable(line))}\n`);
}

export function printWarning(message: string): void {
  process.stderr.write(`warning: ${withoutSignatures(printable(message))}\n`);
}

export function printError(operation: string, error: ForgeError): void {
  process.stderr.write(`error: ${operation}: ${withoutSignatures(error.toLine())}\n`);
}

/** Label and value in two columns. */
export function alignRows(rows: ReadonlyArray<readonly [label: string, value: string]>): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
}

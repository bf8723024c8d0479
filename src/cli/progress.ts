import type CliProgress from 'cli-progress';
import type { SingleBar } from 'cli-progress';
import { durationText } from './durations.js';
import { printWarning } from './output.js';
import { rateText, ratioText, roughBytesText } from './quantities.js';

/** How far a command is, as its progress callback tells it. */
export interface Progress {
  readonly phase: string;
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
  /** Bytes that took work, which is what a rate is made of; `doneBytes` where all of them do. */
  readonly readBytes?: number;
  readonly writtenBytes?: number;
  /** Shown instead of bytes, where `doneBytes` and `totalBytes` are only a share. */
  readonly detail?: string | undefined;
}

const barColumns = 10;
// Of terminals that tell no width, or 0.
const defaultColumns = 80;

/** A line on the terminal that shows bytes, rate, time left and ratio so far; nothing where stderr is not one. */
export class ProgressLine implements Disposable {
  readonly #bar: SingleBar | undefined;
  #shown: Progress | undefined;
  #startedMs = 0;

  private constructor(library: typeof CliProgress | undefined, showRatio: boolean) {
    if (library === undefined) return;
    this.#bar = new library.SingleBar({
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      linewrap: false,
      fps: 10,
      format: (_options, _params, payload: Progress) =>
        progressText(payload, {
          elapsedMs: performance.now() - this.#startedMs,
          columns: process.stderr.columns || defaultColumns,
          showRatio,
        }),
    });
  }

  /** @param options.showRatio whether the written bytes are compressed ones, so that a ratio means something */
  static async create({ showRatio = false } = {}): Promise<ProgressLine> {
    // A terminal that calls itself dumb knows no way back to the beginning of the line.
    const isShown = process.stderr.isTTY === true && process.env['TERM'] !== 'dumb';
    return new ProgressLine(isShown ? (await import('cli-progress')).default : undefined, showRatio);
  }

  readonly update = (progress: Progress): void => {
    if (this.#bar === undefined) return;
    if (progress.phase !== this.#shown?.phase) {
      this.#startedMs = performance.now();
      this.#start(progress);
    }
    this.#shown = progress;
    this.#bar.update(progress.doneBytes, progress);
  };

  /** Prints a warning above the line. */
  readonly warn = (message: string): void => this.above(() => printWarning(message));

  /** Has something printed above the line. */
  readonly above = (print: () => void): void => {
    this.#bar?.stop();
    print();
    if (this.#shown !== undefined) this.#start(this.#shown);
  };

  #start(progress: Progress): void {
    this.#bar?.stop();
    this.#bar?.start(progress.totalBytes ?? 0, progress.doneBytes, progress);
  }

  [Symbol.dispose](): void {
    this.#bar?.stop();
  }
}

/**
 * The line for one moment, at most so many columns long: where it would be longer, what matters least is left out.
 */
export function progressText(
  progress: Progress,
  { elapsedMs, columns, showRatio }: { elapsedMs: number; columns: number; showRatio: boolean },
): string {
  const { phase, doneBytes, totalBytes = 0, readBytes = doneBytes, writtenBytes = 0, detail } = progress;
  const isOfKnownLength = totalBytes > 0;
  const part = isOfKnownLength ? Math.min(1, doneBytes / totalBytes) : 0;
  const ofTotal = isOfKnownLength ? ` of ${roughBytesText(totalBytes)}` : '';
  const parts = [
    { text: phase, rank: 0 },
    { text: isOfKnownLength ? bar(part) : '', rank: 3 },
    { text: isOfKnownLength ? `${Math.floor(part * 100)}%`.padStart(4) : '', rank: 0 },
    { text: detail ?? `${roughBytesText(doneBytes)}${ofTotal}`, rank: 2 },
    { text: elapsedMs < 300 || detail !== undefined ? '' : rateText(readBytes, elapsedMs), rank: 1 },
    { text: timeLeft(part, elapsedMs), rank: 1 },
    {
      text:
        showRatio && phase === 'converting' && writtenBytes > 0
          ? `ratio ${ratioText(writtenBytes, readBytes)}`
          : '',
      rank: 4,
    },
  ].filter(({ text }) => text !== '');
  for (let most = 4; most > 0; most -= 1) {
    const line = join(parts.filter(({ rank }) => rank <= most));
    if (line.length < columns) return line;
  }
  return join(parts.filter(({ rank }) => rank === 0)).slice(0, Math.max(0, columns - 1));
}

function join(parts: ReadonlyArray<{ readonly text: string }>): string {
  return parts.map(({ text }) => text).join('  ');
}

function bar(part: number): string {
  const filled = Math.round(part * barColumns);
  return '█'.repeat(filled) + '░'.repeat(barColumns - filled);
}

/** Empty in the first second, in which it would be a guess. */
function timeLeft(part: number, elapsedMs: number): string {
  if (part === 0 || elapsedMs < 1000) return '';
  const leftMs = (elapsedMs * (1 - part)) / part;
  return `${durationText(Math.ceil(leftMs / 1000) * 1000)} left`;
}

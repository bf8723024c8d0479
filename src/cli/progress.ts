import { SingleBar } from 'cli-progress';
import { bytesText, durationText, rateText, ratioText } from './quantities.js';

/** How far a command is, as its progress callback tells it. */
export interface Progress {
  readonly phase: string;
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
  /** Bytes that took work, which is what a rate is made of; `doneBytes` where all of them do. */
  readonly readBytes?: number;
  readonly writtenBytes?: number;
}

const barColumns = 16;

/** A line on the terminal that shows bytes, rate, time left and ratio so far; nothing where stderr is not one. */
export class ProgressLine implements Disposable {
  readonly #bar = new SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    linewrap: false,
    fps: 10,
    format: (_options, _params, payload: Progress) => this.#format(payload),
  });
  readonly #isTerminal = process.stderr.isTTY === true;
  #phase = '';
  #startedMs = 0;

  readonly update = (progress: Progress): void => {
    if (!this.#isTerminal) return;
    const total = progress.totalBytes ?? 0;
    if (progress.phase !== this.#phase) {
      this.#phase = progress.phase;
      this.#startedMs = performance.now();
      this.#bar.start(total, 0, progress);
    }
    this.#bar.update(progress.doneBytes, progress);
  };

  [Symbol.dispose](): void {
    if (this.#phase !== '') this.#bar.stop();
  }

  #format({ phase, doneBytes, totalBytes, readBytes = doneBytes, writtenBytes = 0 }: Progress): string {
    const elapsedMs = performance.now() - this.#startedMs;
    const rate = rateText(readBytes, elapsedMs);
    const ratio = writtenBytes > 0 ? ratioText(writtenBytes, readBytes) : '';
    const parts = [
      phase,
      ...gauge(doneBytes, totalBytes, elapsedMs),
      rate,
      ratio === '' ? '' : `ratio ${ratio}`,
    ];
    return parts.filter((part) => part !== '').join('  ');
  }
}

/** Bar, percentage, bytes and time left; of a stream only the bytes are known. */
function gauge(doneBytes: number, totalBytes: number | undefined, elapsedMs: number): string[] {
  if (totalBytes === undefined || totalBytes === 0) return [bytesText(doneBytes)];
  const part = Math.min(1, doneBytes / totalBytes);
  const filled = Math.round(part * barColumns);
  const bar = '█'.repeat(filled) + '░'.repeat(barColumns - filled);
  const leftMs = part > 0 ? (elapsedMs * (1 - part)) / part : 0;
  const left = elapsedMs > 1000 && part > 0 ? `${durationText(Math.ceil(leftMs / 1000) * 1000)} left` : '';
  const percent = `${Math.floor(part * 100)}%`.padStart(4);
  return [`${bar} ${percent}`, `${bytesText(doneBytes)} of ${bytesText(totalBytes)}`, left];
}

import type { MultiBar, SingleBar } from 'cli-progress';
import { withoutSignatures } from '../cloud/redact-url.js';
import { printable } from '../printable.js';
import type { Batch, BatchDisk } from '../snapshot/plan/batch.js';
import type { DiskProgress, PrepareObserver } from '../snapshot/prepare-options.js';
import { durationText } from './durations.js';
import { printNote } from './output.js';
import { progressText } from './progress.js';
import { bytesText, ratioText } from './quantities.js';

// Of terminals that tell no width, or 0.
const defaultColumns = 80;

// Of a narrow terminal a name takes no more than a third: what is to be seen comes behind it.
const nameShare = 1 / 3;

const clearToEnd = '\x1b[K';

/** A disk that is worked on. */
interface Work {
  readonly begunMs: number;
  /** On a terminal. */
  readonly bar: SingleBar | undefined;
  phase: string;
  phaseBegunMs: number;
}

/** What a batch is doing: on a terminal a line for each running disk and one for all, elsewhere lines of a log. */
export class BatchView implements Disposable {
  readonly observer: PrepareObserver;
  readonly #bars: MultiBar | undefined;
  readonly #works = new Map<BatchDisk, Work>();
  readonly #disks: number;
  #all: SingleBar | undefined;
  #ended = 0;

  private constructor(batch: Batch, bars: MultiBar | undefined) {
    this.#bars = bars;
    this.#disks = batch.images.flatMap(({ disks }) => disks).length;
    this.observer = {
      onBegin: (disk) => this.#begin(disk),
      onProgress: (disk, progress) => this.#show(disk, progress),
      onEnd: (disk, result, isKept) => {
        const ratio = result.engine === undefined ? '' : ratioText(result.fileBytes, result.readBytes);
        const how = isKept
          ? 'finished before'
          : `${bytesText(result.readBytes)} of data in ${bytesText(result.fileBytes)}` +
            `${ratio === '' ? '' : ` (ratio ${ratio})`}, ${durationText(this.#elapsedMs(disk))}` +
            `${result.isVerified ? ', read back' : ''}`;
        this.#end(disk, how);
      },
      onFailure: (disk, error) => this.#end(disk, `FAILED: ${error.toLine()}`),
      onWarning: (message) => this.#above(`warning: ${message}`),
    };
  }

  static async create(batch: Batch): Promise<BatchView> {
    const isShown = process.stderr.isTTY === true && process.env['TERM'] !== 'dumb';
    if (!isShown) return new BatchView(batch, undefined);
    const { default: library } = await import('cli-progress');
    const bars = new library.MultiBar({
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      linewrap: false,
      fps: 10,
      // What is printed above moves all lines, also those that are the same as before.
      forceRedraw: true,
      format: (_options, _params, payload: { readonly text: string }) => payload.text,
    });
    return new BatchView(batch, bars);
  }

  #begin(disk: BatchDisk): void {
    const begunMs = performance.now();
    let bar: SingleBar | undefined;
    if (this.#bars !== undefined) {
      this.#all ??= this.#bars.create(this.#disks, 0, { text: '' });
      bar = this.#bars.create(1, 0, { text: fitting(`${labelOf(disk)}  opening`) });
      this.#showAll();
    }
    this.#works.set(disk, { begunMs, bar, phase: '', phaseBegunMs: begunMs });
  }

  #show(disk: BatchDisk, progress: DiskProgress): void {
    const work = this.#works.get(disk);
    if (work === undefined) return;
    // A disk that a former run has finished is at its end without any work.
    if (this.#bars === undefined && work.phase === '') printNote(`${disk.file}: begun, from ${disk.source}`);
    if (work.phase !== progress.phase) {
      work.phase = progress.phase;
      work.phaseBegunMs = performance.now();
    }
    if (work.bar === undefined) return;
    const label = `${labelOf(disk)}  `;
    const elapsedMs = performance.now() - work.phaseBegunMs;
    const text = progressText(progress, { elapsedMs, columns: columns() - label.length, showRatio: false });
    work.bar.update(0, { text: fitting(`${label}${text}`) });
  }

  #elapsedMs(disk: BatchDisk): number {
    const now = performance.now();
    return now - (this.#works.get(disk)?.begunMs ?? now);
  }

  #end(disk: BatchDisk, how: string): void {
    this.#ended += 1;
    const bar = this.#works.get(disk)?.bar;
    if (bar !== undefined) this.#bars?.remove(bar);
    this.#works.delete(disk);
    this.#above(`${disk.file}: ${how}`);
    this.#showAll();
  }

  #showAll(): void {
    this.#all?.update(this.#ended, { text: `${this.#ended} of ${this.#disks} disks are done` });
  }

  /** Prints above the lines that change. */
  #above(text: string): void {
    if (this.#bars?.isActive !== true) {
      printNote(text);
      return;
    }
    // The terminal does not fold what is too long while there are lines that change.
    const mostColumns = Math.max(1, columns() - 1);
    const shown = withoutSignatures(printable(text));
    const lines = shown.match(new RegExp(`.{1,${mostColumns}}`, 'gu')) ?? [''];
    this.#bars.log(lines.map((line) => `${line}${clearToEnd}\n`).join(''));
  }

  [Symbol.dispose](): void {
    // What is still to be printed above comes with the next drawing alone.
    if (this.#bars?.isActive === true) this.#bars.update();
    this.#bars?.stop();
  }
}

function columns(): number {
  return process.stderr.columns || defaultColumns;
}

/** The name of the file of a disk, or its end. */
function labelOf({ file }: BatchDisk): string {
  const most = Math.max(12, Math.floor(columns() * nameShare));
  return file.length <= most ? file : `…${file.slice(1 - most)}`;
}

/** What a line can hold: in the last column of a terminal nothing can be cleared without harm. */
function fitting(text: string): string {
  return text.slice(0, columns() - 1);
}

import type { MultiBar, SingleBar } from 'cli-progress';
import { printable } from '../printable.js';
import type { Batch, BatchDisk } from '../snapshot/plan/batch.js';
import type { DiskProgress, PrepareObserver } from '../snapshot/prepare-options.js';
import { durationText } from './durations.js';
import { printNote } from './output.js';
import { progressText } from './progress.js';
import { bytesText, ratioText } from './quantities.js';

// Of terminals that tell no width, or 0.
const defaultColumns = 80;

interface Line {
  readonly bar: SingleBar;
  phase: string;
  startedMs: number;
}

/** What a batch is doing: on a terminal a line for each running disk and one for all, elsewhere lines of a log. */
export class BatchView implements Disposable {
  readonly observer: PrepareObserver;
  readonly #bars: MultiBar | undefined;
  readonly #lines = new Map<BatchDisk, Line>();
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
            `${ratio === '' ? '' : ` (ratio ${ratio})`}, ${durationText(result.elapsedMs)}` +
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
      format: (_options, _params, payload: { readonly text: string }) => payload.text,
    });
    return new BatchView(batch, bars);
  }

  #begin(disk: BatchDisk): void {
    if (this.#bars === undefined) {
      printNote(`${disk.file}: begun, from ${disk.source}`);
      return;
    }
    this.#all ??= this.#bars.create(this.#disks, 0, { text: '' });
    const bar = this.#bars.create(1, 0, { text: `${disk.file}  opening` });
    this.#lines.set(disk, { bar, phase: '', startedMs: performance.now() });
    this.#showAll();
  }

  #show(disk: BatchDisk, progress: DiskProgress): void {
    const line = this.#lines.get(disk);
    if (line === undefined) return;
    if (line.phase !== progress.phase) {
      line.phase = progress.phase;
      line.startedMs = performance.now();
    }
    const columns = (process.stderr.columns || defaultColumns) - disk.file.length - 2;
    const elapsedMs = performance.now() - line.startedMs;
    const text = progressText(progress, { elapsedMs, columns, showRatio: false });
    line.bar.update(0, { text: `${disk.file}  ${text}` });
  }

  #end(disk: BatchDisk, how: string): void {
    this.#ended += 1;
    const line = this.#lines.get(disk);
    if (line !== undefined) this.#bars?.remove(line.bar);
    this.#lines.delete(disk);
    this.#above(`${disk.file}: ${how}`);
    this.#showAll();
  }

  #showAll(): void {
    this.#all?.update(this.#ended, { text: `${this.#ended} of ${this.#disks} disks are done` });
  }

  /** Prints above the lines that change. */
  #above(text: string): void {
    if (this.#bars?.isActive === true) this.#bars.log(`${printable(text)}\n`);
    else printNote(text);
  }

  [Symbol.dispose](): void {
    // What is still to be printed above comes with the next drawing alone.
    if (this.#bars?.isActive === true) this.#bars.update();
    this.#bars?.stop();
  }
}

import { addon } from '../native/addon.js';
import type { NativeQcow2Placer, PlacedRuns } from '../native/boundary.js';
import { segmentBytes } from '../workers/jobs.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import type { Block } from './inflated-blocks.js';
import { bytesOf, cutRuns } from './placed-runs.js';

/**
 * Writes a qcow2, block by block, to two files: clusters of which it is known where they belong to their places in a
 * raw file, and all else to the rest, at the offset it has in the qcow2. What is in the rest already when its table
 * comes is moved over meanwhile; the next table waits for that, which bounds what is there twice.
 */
export class Scattering {
  readonly placer: NativeQcow2Placer = new addon.Qcow2Placer();
  readonly #targetPath: string;
  readonly #restPath: string;
  readonly #pool: WorkerPool;
  #placedBytes = 0;
  #writtenBytes = 0;
  /** All blocks so far are in the files. */
  #blocks: Promise<void> = Promise.resolve();
  /** All that was to be moved so far is moved. */
  #moves: Promise<void> = Promise.resolve();
  #isGivenUp = false;

  constructor(targetPath: string, restPath: string, pool: WorkerPool) {
    this.#targetPath = targetPath;
    this.#restPath = restPath;
    this.#pool = pool;
  }

  /** Guest bytes that were placed. */
  get placedBytes(): number {
    return this.#placedBytes;
  }

  /** What of them was written, as it is not zero. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Takes the next block, which is known by now, and gives its buffer back once it is written. */
  async write({ bytes, lengthBytes }: Block, offsetBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const { here, behind } = this.placer.take(bytes.subarray(0, lengthBytes));
    this.#placedBytes += bytesOf(here) + bytesOf(behind);
    const files = { targetPath: this.#targetPath, restPath: this.#restPath };
    const job = { kind: 'scatter', ...files, offsetBytes, lengthBytes, runs: here, bytes } as const;
    const written = this.#pool.run(job, [bytes.buffer]);
    const earlierMoves = this.#moves;
    if (behind.length > 0) this.#moves = unwatched(this.#moveAfter(this.#blocks, earlierMoves, behind));
    this.#blocks = unwatched(inTurn(this.#blocks, written));
    const result = await written;
    this.#writtenBytes += result.writtenBytes;
    if (behind.length > 0) await earlierMoves;
    return result.bytes;
  }

  /** To be called after the last block. @throws ForgeError IO_* where something could not be moved */
  async finish(): Promise<void> {
    await this.#moves;
  }

  /** Moves nothing more, and awaits what runs. */
  async giveUp(): Promise<void> {
    this.#isGivenUp = true;
    await this.#moves.catch(() => {});
  }

  async #moveAfter(blocks: Promise<void>, moves: Promise<void>, runs: PlacedRuns): Promise<void> {
    await blocks;
    await moves;
    const files = { targetPath: this.#targetPath, restPath: this.#restPath };
    for (const list of cutRuns(runs, segmentBytes)) {
      if (this.#isGivenUp) return;
      const movedBytes = await this.#pool.run({ kind: 'move', ...files, runs: list });
      this.#writtenBytes += movedBytes;
    }
  }
}

async function inTurn(first: Promise<unknown>, second: Promise<unknown>): Promise<void> {
  await first;
  await second;
}

/** A failure is taken up by whoever awaits it; until then it must not count as unhandled. */
function unwatched(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}

import { addon } from '../../native/addon.js';
import type { Compression } from '../../native/boundary.js';
import type { ImageRef } from '../../workers/jobs.js';
import type { WorkerPool } from '../../workers/worker-pool.js';
import { clusterBytes } from '../sink/qcow2-assembly.js';
import { sumOf } from './estimate.js';
import type { Piece } from './spread.js';

/** What became of a piece. */
export interface Encoding {
  /** Bytes of the clusters that are not all zeros: what there was to compress. */
  readonly contentBytes: number;
  readonly encodedBytes: number;
}

/** What was measured in one go. */
export interface Measurement {
  /** Content compressed in a second by all threads together. */
  readonly bytesPerSecond: number;
  /** The compressed size of each piece that was used, by its index. */
  readonly sizes: ReadonlyMap<number, number>;
  /** How many were, counting each as often as it was. */
  readonly pieces: number;
}

export interface Slice {
  /** Every thread goes on for so long, and does one piece at least. */
  readonly lengthMs: number;
  /** Begin with this piece. */
  readonly first: number;
  /** All threads together do so many pieces at least, however long it takes. */
  readonly leastPieces: number;
}

/**
 * Compresses pieces of an image just as a conversion to qcow2.gz does, in the same workers: read, zero clusters left
 * out, deflated, CRC-32. Only the result is thrown away.
 */
export class Meter {
  readonly #pool: WorkerPool;
  readonly #image: ImageRef;
  readonly #bufferBytes: number;
  readonly #idle: Uint8Array<ArrayBuffer>[] = [];

  constructor(pool: WorkerPool, image: ImageRef, pieceBytes: number) {
    this.#pool = pool;
    this.#image = image;
    this.#bufferBytes = addon.deflateBound(pieceBytes);
  }

  get threads(): number {
    return this.#pool.threads;
  }

  async encode({ startBytes, lengthBytes }: Piece, compression: Compression): Promise<Encoding> {
    const output = this.#idle.pop() ?? addon.alignedBytes(this.#bufferBytes);
    const result = await this.#pool.run(
      { kind: 'encode', image: this.#image, startBytes, lengthBytes, clusterBytes, compression, output },
      [output.buffer],
    );
    this.#idle.push(result.output);
    return { contentBytes: result.contentBytes, encodedBytes: result.encodedBytes };
  }

  /**
   * Has every thread compress piece after piece; behind the last one comes the first again.
   *
   * @param pieces one or more, all with content
   * @throws whatever a piece fails with, when all threads have ended, or the pool's signal's reason
   */
  async measure(
    pieces: readonly Piece[],
    compression: Compression,
    { lengthMs, first, leastPieces }: Slice,
  ): Promise<Measurement> {
    const sizes = new Map<number, number>();
    let count = 0;
    // Each thread has its own time: at the end of the slice some have a piece left when others are done.
    const lane = async (): Promise<number> => {
      const startedMs = performance.now();
      let contentBytes = 0;
      let elapsedMs = 0;
      do {
        const index = (first + count++) % pieces.length;
        const encoding = await this.encode(pieces[index] as Piece, compression);
        contentBytes += encoding.contentBytes;
        sizes.set(index, encoding.encodedBytes);
        elapsedMs = performance.now() - startedMs;
      } while (elapsedMs < lengthMs || count < leastPieces);
      return (contentBytes / elapsedMs) * 1000;
    };
    const lanes = await Promise.allSettled(Array.from({ length: this.threads }, lane));
    return { bytesPerSecond: sumOf(lanes.map(rateOf)), sizes, pieces: count };
  }
}

function rateOf(lane: PromiseSettledResult<number>): number {
  if (lane.status === 'rejected') throw lane.reason;
  return lane.value;
}

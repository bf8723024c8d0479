import { addon } from '../../native/addon.js';
import { type EncodeResult, type ImageRef, segmentBytes } from '../../workers/jobs.js';
import type { WorkerPool } from '../../workers/worker-pool.js';
import type { Work } from '../segments.js';

/** Has workers encode segments of one image, and uses the buffers for the results again and again. */
export class SegmentEncoder {
  readonly #image: ImageRef;
  readonly #pool: WorkerPool;
  readonly #clusterBytes: number;
  readonly #level: number;
  readonly #bufferBytes: number;
  readonly #idle: Uint8Array<ArrayBuffer>[] = [];

  /**
   * @param clusterBytes 0 to encode all bytes; else only clusters of that size that are not all zeros
   * @param level 0 for bytes as they are; 1 to 9 to deflate them
   */
  constructor(image: ImageRef, pool: WorkerPool, clusterBytes: number, level: number) {
    this.#image = image;
    this.#pool = pool;
    this.#clusterBytes = clusterBytes;
    this.#level = level;
    this.#bufferBytes = level === 0 ? segmentBytes : addon.deflateBound(segmentBytes);
  }

  /** The result's `output` is lent until {@link SegmentEncoder.giveBack}. */
  encode({ startBytes, lengthBytes }: Work): Promise<EncodeResult> {
    const output = this.#idle.pop() ?? new Uint8Array(this.#bufferBytes);
    const [clusterBytes, level] = [this.#clusterBytes, this.#level];
    return this.#pool.run(
      { kind: 'encode', image: this.#image, startBytes, lengthBytes, clusterBytes, level, output },
      [output.buffer],
    );
  }

  giveBack(result: EncodeResult): void {
    this.#idle.push(result.output);
  }
}

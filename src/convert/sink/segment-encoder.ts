import type { Work } from '../../image/segments.js';
import { addon } from '../../native/addon.js';
import type { Compression } from '../../native/boundary.js';
import { giveBuffer, takeBuffer } from '../../workers/idle-buffers.js';
import { type EncodeResult, type ImageRef, segmentBytes } from '../../workers/jobs.js';
import type { WorkerPool } from '../../workers/worker-pool.js';

/** Has workers encode segments of one image, and uses the buffers for the results again and again. */
export class SegmentEncoder {
  readonly #image: ImageRef;
  readonly #pool: WorkerPool;
  readonly #clusterBytes: number;
  readonly #compression: Compression | undefined;
  readonly #bufferBytes: number;

  /**
   * @param clusterBytes 0 to encode all bytes; else only clusters of that size that are not all zeros
   * @param compression how to deflate; undefined for bytes as they are
   */
  constructor(image: ImageRef, pool: WorkerPool, clusterBytes: number, compression: Compression | undefined) {
    this.#image = image;
    this.#pool = pool;
    this.#clusterBytes = clusterBytes;
    this.#compression = compression;
    this.#bufferBytes = compression === undefined ? segmentBytes : addon.deflateBound(segmentBytes);
  }

  /** The result's `output` is lent until {@link SegmentEncoder.giveBack}. */
  encode({ startBytes, lengthBytes }: Work): Promise<EncodeResult> {
    const output = takeBuffer(this.#bufferBytes);
    const [clusterBytes, compression] = [this.#clusterBytes, this.#compression];
    return this.#pool.run(
      { kind: 'encode', image: this.#image, startBytes, lengthBytes, clusterBytes, compression, output },
      [output.buffer],
    );
  }

  giveBack(result: EncodeResult): void {
    giveBuffer(result.output);
  }
}

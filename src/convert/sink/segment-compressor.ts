import type { Work } from '../../image/segments.js';
import { addon } from '../../native/addon.js';
import type { Compression } from '../../native/boundary.js';
import { giveBuffer, takeBuffer } from '../../workers/idle-buffers.js';
import { type CompressResult, type ImageRef, segmentBytes } from '../../workers/jobs.js';
import type { WorkerPool } from '../../workers/worker-pool.js';
import type { PlannedClusters } from '../plan.js';
import { clusterBytes } from './qcow2-assembly.js';

/** Has workers compress the clusters of one image, and uses the buffers for the results again and again. */
export class SegmentCompressor {
  readonly #image: ImageRef;
  readonly #pool: WorkerPool;
  readonly #clusters: PlannedClusters;
  readonly #container: Compression | undefined;
  readonly #bufferBytes: number;

  /** @param container how the result is deflated; undefined for bytes as they are */
  constructor(
    image: ImageRef,
    pool: WorkerPool,
    clusters: PlannedClusters,
    container: Compression | undefined,
  ) {
    this.#image = image;
    this.#pool = pool;
    this.#clusters = clusters;
    this.#container = container;
    // Two pieces: the clusters that are compressed, and those that are not.
    this.#bufferBytes = container === undefined ? segmentBytes : 2 * addon.deflateBound(segmentBytes);
  }

  /** The result's `output` is lent until {@link SegmentCompressor.giveBack}. */
  compress({ startBytes, lengthBytes }: Work): Promise<CompressResult> {
    const output = takeBuffer(this.#bufferBytes);
    const { compression: clusters, recompress } = this.#clusters;
    const [image, container] = [this.#image, this.#container];
    return this.#pool.run(
      {
        kind: 'compress',
        image,
        startBytes,
        lengthBytes,
        clusterBytes,
        clusters,
        recompress,
        container,
        output,
      },
      [output.buffer],
    );
  }

  giveBack(result: CompressResult): void {
    giveBuffer(result.output);
  }
}

import type { Work } from '../../image/segments.js';
import { BackgroundRuns } from '../../workers/background-runs.js';
import type { ImageRef } from '../../workers/jobs.js';
import type { WorkerPool } from '../../workers/worker-pool.js';
import type { FileByteTarget } from '../output/byte-target.js';
import type { ClusterWriter } from './cluster-writer.js';
import { clusterBytes, type Qcow2Assembly } from './qcow2-assembly.js';

interface Placing {
  readonly image: ImageRef;
  /** The file that is written, by the name under which workers find it. */
  readonly path: string;
  readonly target: FileByteTarget;
  readonly assembly: Qcow2Assembly;
  readonly pool: WorkerPool;
  /** Takes the segments whose clusters would have to be inflated twice. */
  readonly others: ClusterWriter;
}

/**
 * Every cluster as it is, copied by the worker that reads it to its place in the file. Which clusters have data is found
 * out before, which takes a look at the first bytes of most; room is given out by it in guest order.
 */
export class PlacedClusters implements ClusterWriter {
  readonly #placing: Placing;
  readonly #copies: BackgroundRuns;

  constructor(placing: Placing) {
    this.#placing = placing;
    this.#copies = new BackgroundRuns(placing.pool.threads + 1);
  }

  async start(segment: Work): Promise<() => Promise<void>> {
    const { image, pool, assembly, others } = this.#placing;
    // Within gzip, a look at every cluster inflates all of them.
    if (image.inGzip === true) return await others.start(segment);
    const { startBytes, lengthBytes } = segment;
    const range = { image, startBytes, lengthBytes, clusterBytes };
    const hasData = await pool.run({ kind: 'scan', ...range, onlyPlain: true });
    if (hasData === undefined) return await others.start(segment);
    return async () => {
      await assembly.addSegment(startBytes, lengthBytes, hasData);
      await this.#copy(segment, hasData);
    };
  }

  async finish(): Promise<void> {
    await this.#copies.finish();
  }

  async settle(): Promise<void> {
    await this.#copies.settle();
  }

  async #copy({ startBytes, lengthBytes }: Work, hasData: Uint8Array): Promise<void> {
    const { image, path, target, pool } = this.#placing;
    const count = countBits(hasData);
    if (count === 0) return;
    const offsetBytes = target.claim(count * clusterBytes);
    const range = { image, startBytes, lengthBytes, clusterBytes };
    await this.#copies.start(() =>
      pool.run({ kind: 'copyClusters', ...range, hasData, targetPath: path, offsetBytes }),
    );
  }
}

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) {
    for (let bits = byte; bits !== 0; bits &= bits - 1) count += 1;
  }
  return count;
}

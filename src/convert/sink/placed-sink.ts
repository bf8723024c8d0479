import type { TargetFile } from '../../files/target-file.js';
import type { Work } from '../../image/segments.js';
import type { ImageRef } from '../../workers/jobs.js';
import type { WorkerPool } from '../../workers/worker-pool.js';
import type { SegmentSink } from './segment-sink.js';

/** A raw file: every worker writes its segment at its final offset, and what is zero is never written. */
export class PlacedSink implements SegmentSink {
  readonly #image: ImageRef;
  readonly #sizeBytes: number;
  readonly #target: TargetFile;
  readonly #pool: WorkerPool;
  #writtenBytes = 0;

  constructor(image: ImageRef, sizeBytes: number, target: TargetFile, pool: WorkerPool) {
    this.#image = image;
    this.#sizeBytes = sizeBytes;
    this.#target = target;
    this.#pool = pool;
  }

  /** Bytes that are not holes. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  async begin(): Promise<void> {
    await this.#target.handle.truncate(this.#sizeBytes);
  }

  async start({ startBytes, lengthBytes }: Work): Promise<() => Promise<void>> {
    const targetPath = this.#target.temporaryPath;
    const written = await this.#pool.run({
      kind: 'copy',
      image: this.#image,
      startBytes,
      lengthBytes,
      targetPath,
    });
    return async () => {
      this.#writtenBytes += written;
    };
  }

  async addZeros(): Promise<void> {}

  async finish(): Promise<void> {}
}

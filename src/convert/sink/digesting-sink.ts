import { addZeros, digestSegment } from '../../image/digest.js';
import { GuestDigest } from '../../image/guest-digest.js';
import type { Work } from '../../image/segments.js';
import type { ImageRef } from '../../workers/jobs.js';
import type { WorkerPool } from '../../workers/worker-pool.js';
import type { SegmentSink } from './segment-sink.js';

/** Another sink, with the guest digest of what goes into it taken on the way. */
export class DigestingSink implements SegmentSink {
  readonly #sink: SegmentSink;
  readonly #image: ImageRef;
  readonly #pool: WorkerPool;
  readonly #signal: AbortSignal | undefined;
  readonly #digest = new GuestDigest();

  constructor(sink: SegmentSink, image: ImageRef, pool: WorkerPool, signal: AbortSignal | undefined) {
    this.#sink = sink;
    this.#image = image;
    this.#pool = pool;
    this.#signal = signal;
  }

  get writtenBytes(): number {
    return this.#sink.writtenBytes;
  }

  async begin(pieces: number): Promise<void> {
    await this.#sink.begin(pieces);
  }

  async start(segment: Work): Promise<() => Promise<void>> {
    const letIn = await this.#sink.start(segment);
    // It is read once more; the system has it in memory by now.
    const segmentDigest = await digestSegment(this.#image, segment, this.#pool);
    return async () => {
      await letIn();
      this.#digest.add(segmentDigest);
    };
  }

  async addZeros(run: Work): Promise<void> {
    await this.#sink.addZeros(run);
    await addZeros(this.#digest, run.lengthBytes, this.#signal);
  }

  async finish(): Promise<void> {
    await this.#sink.finish();
  }

  async settle(): Promise<void> {
    await this.#sink.settle?.();
  }

  /** The guest digest. To be called once, at the end. */
  hex(): string {
    return this.#digest.hex();
  }
}

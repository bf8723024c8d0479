import { ForgeError } from '../../errors.js';
import type { Work } from '../../image/segments.js';
import type { ContentOutput } from '../output/content-output.js';
import type { ClusterWriter } from './cluster-writer.js';
import { type Qcow2Assembly, regionBytes } from './qcow2-assembly.js';
import type { SegmentSink } from './segment-sink.js';

/**
 * A qcow2, plain or in gzip. Its front matter is filled in at the end, or comes from a first pass over the source
 * where the output cannot be written twice.
 */
export class Qcow2Sink implements SegmentSink {
  readonly #sizeBytes: number;
  readonly #assembly: Qcow2Assembly;
  readonly #clusters: ClusterWriter;
  readonly #output: ContentOutput;
  readonly #frontMatter: readonly Uint8Array[] | undefined;

  constructor(
    sizeBytes: number,
    assembly: Qcow2Assembly,
    clusters: ClusterWriter,
    output: ContentOutput,
    frontMatter?: readonly Uint8Array[],
  ) {
    this.#sizeBytes = sizeBytes;
    this.#assembly = assembly;
    this.#clusters = clusters;
    this.#output = output;
    this.#frontMatter = frontMatter;
  }

  get writtenBytes(): number {
    return this.#output.writtenBytes;
  }

  async begin(pieces: number): Promise<void> {
    // A table for each region, the front matter, the refcount blocks.
    this.#output.expect(pieces + Math.ceil(this.#sizeBytes / regionBytes) + 2);
    await this.#output.beginFrontMatter(this.#assembly.frontMatter, this.#frontMatter);
  }

  start(segment: Work): Promise<() => Promise<void>> {
    return this.#clusters.start(segment);
  }

  async addZeros(): Promise<void> {}

  async finish(): Promise<void> {
    await this.#clusters.finish?.();
    const contents = await this.#assembly.finish();
    if (this.#frontMatter === undefined) {
      await this.#output.patchFrontMatter(contents);
    } else if (
      contents.some((content, part) => Buffer.compare(content, this.#frontMatter?.[part] ?? content) !== 0)
    ) {
      throw new ForgeError(
        'IO_SOURCE_CHANGED',
        'the source has changed while it was read; what was written is useless',
      );
    }
    await this.#output.finish();
  }

  async settle(): Promise<void> {
    await this.#clusters.settle?.();
  }
}

import { ForgeError } from '../../errors.js';
import type { ContentOutput } from '../output/content-output.js';
import type { Work } from '../segments.js';
import { Qcow2Assembly, regionBytes } from './qcow2-assembly.js';
import type { SegmentEncoder } from './segment-encoder.js';
import type { SegmentSink } from './segment-sink.js';

/**
 * A qcow2, plain or in gzip. Its front matter is filled in at the end, or comes from a first pass over the source
 * where the output cannot be written twice.
 */
export class Qcow2Sink implements SegmentSink {
  readonly #sizeBytes: number;
  readonly #encoder: SegmentEncoder;
  readonly #output: ContentOutput;
  readonly #assembly: Qcow2Assembly;
  readonly #frontMatter: readonly Uint8Array[] | undefined;

  constructor(
    sizeBytes: number,
    encoder: SegmentEncoder,
    output: ContentOutput,
    frontMatter?: readonly Uint8Array[],
  ) {
    this.#sizeBytes = sizeBytes;
    this.#encoder = encoder;
    this.#output = output;
    this.#assembly = new Qcow2Assembly(sizeBytes, (table) => output.appendPlain(table));
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

  async start(segment: Work): Promise<() => Promise<void>> {
    const result = await this.#encoder.encode(segment);
    return async () => {
      await this.#assembly.addSegment(segment.startBytes, segment.lengthBytes, result.hasData);
      if (result.contentBytes > 0) {
        await this.#output.append(result.output.subarray(0, result.encodedBytes), result);
      }
      this.#encoder.giveBack(result);
    };
  }

  async addZeros(): Promise<void> {}

  async finish(): Promise<void> {
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
}

import type { Work } from '../../image/segments.js';
import type { ContentOutput } from '../output/content-output.js';
import type { SegmentEncoder } from './segment-encoder.js';
import type { SegmentSink } from './segment-sink.js';

/** Raw content that is appended: raw.gz, and raw into a pipe. */
export class RawContentSink implements SegmentSink {
  readonly #encoder: SegmentEncoder;
  readonly #output: ContentOutput;

  constructor(encoder: SegmentEncoder, output: ContentOutput) {
    this.#encoder = encoder;
    this.#output = output;
  }

  get writtenBytes(): number {
    return this.#output.writtenBytes;
  }

  async begin(pieces: number): Promise<void> {
    this.#output.expect(pieces);
  }

  async start(segment: Work): Promise<() => Promise<void>> {
    const result = await this.#encoder.encode(segment);
    return async () => {
      if (result.contentBytes === 0) {
        await this.#output.appendZeros(segment.lengthBytes);
      } else {
        await this.#output.append(result.output.subarray(0, result.encodedBytes), result);
      }
      this.#encoder.giveBack(result);
    };
  }

  async addZeros(run: Work): Promise<void> {
    await this.#output.appendZeros(run.lengthBytes);
  }

  async finish(): Promise<void> {
    await this.#output.finish();
  }
}

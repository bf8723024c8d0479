import type { Work } from '../../image/segments.js';
import type { ContentOutput } from '../output/content-output.js';
import type { Qcow2Assembly } from './qcow2-assembly.js';
import type { SegmentCompressor } from './segment-compressor.js';
import type { SegmentEncoder } from './segment-encoder.js';

/** Brings the clusters of segments into a qcow2. */
export interface ClusterWriter {
  /** Has a worker prepare the segment. The answer lets it in; it is called in guest order. */
  start(segment: Work): Promise<() => Promise<void>>;
  /** After the last one, and after a failure, as in {@link SegmentSink}. */
  finish?(): Promise<void>;
  settle?(): Promise<void>;
}

/** Every cluster as it is. */
export class PlainClusters implements ClusterWriter {
  readonly #encoder: SegmentEncoder;
  readonly #assembly: Qcow2Assembly;
  readonly #output: ContentOutput;

  constructor(encoder: SegmentEncoder, assembly: Qcow2Assembly, output: ContentOutput) {
    this.#encoder = encoder;
    this.#assembly = assembly;
    this.#output = output;
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
}

/** Every cluster that gets smaller by it compressed. */
export class CompressedClusters implements ClusterWriter {
  readonly #compressor: SegmentCompressor;
  readonly #assembly: Qcow2Assembly;

  constructor(compressor: SegmentCompressor, assembly: Qcow2Assembly) {
    this.#compressor = compressor;
    this.#assembly = assembly;
  }

  async start(segment: Work): Promise<() => Promise<void>> {
    const result = await this.#compressor.compress(segment);
    return async () => {
      await this.#assembly.addCompressed(segment.startBytes, segment.lengthBytes, result);
      this.#compressor.giveBack(result);
    };
  }
}

import { wholeSectors } from '../../image/format.js';
import { addon } from '../../native/addon.js';
import type { CompressionType, Encoded, NativeQcow2Layout } from '../../native/boundary.js';
import type { CompressResult } from '../../workers/jobs.js';
import type { ContentOutput, EncodedContent, FrontMatter } from '../output/content-output.js';

/** Cluster size of every qcow2 that is written; the same as in native/format/qcow2/layout.h. */
export const clusterBytes = 65536;
/** What one L2 table of 8-byte entries maps. */
export const regionBytes = (clusterBytes / 8) * clusterBytes;

/** Takes what an assembly has completed, in the order in which it stands in the file. */
export type AssemblyOutput = Pick<ContentOutput, 'append' | 'appendPlain' | 'appendZeros'>;

/** For an assembly of which only the front matter is wanted. */
export const nowhere: AssemblyOutput = {
  append: async () => {},
  appendPlain: async () => {},
  appendZeros: async () => {},
};

/** Plain clusters among compressed ones, on their way into the file. */
interface WaitingPiece {
  readonly encoded: Uint8Array;
  readonly content: EncodedContent;
}

/**
 * Puts a new qcow2 together, segment after segment: its tables, and its data where clusters are compressed. Of plain
 * ones that wait for their place among those, about 16 MiB are kept at most.
 */
export class Qcow2Assembly {
  readonly frontMatter: FrontMatter;
  readonly #layout: NativeQcow2Layout;
  readonly #output: AssemblyOutput;
  readonly #l2Table = new Uint8Array(clusterBytes);
  #waiting: WaitingPiece[] = [];
  #region = 0;

  /** @param compressionType that of the clusters, if they are added by `addCompressed` */
  constructor(sizeBytes: number, output: AssemblyOutput, compressionType?: CompressionType) {
    this.#layout = new addon.Qcow2Layout(wholeSectors(sizeBytes), compressionType);
    this.#output = output;
    this.frontMatter = this.#layout.frontMatterParts();
  }

  /** Must be called before the data of the segment is written: the table of the region before it comes first. */
  async addSegment(startBytes: number, lengthBytes: number, hasData: Uint8Array): Promise<void> {
    await this.#enterRegion(startBytes);
    this.#layout.addClusters(startBytes / clusterBytes, Math.ceil(lengthBytes / clusterBytes), hasData);
  }

  /** Writes the data of the segment as well, now or later. Its buffer may be used again afterwards. */
  async addCompressed(startBytes: number, lengthBytes: number, result: CompressResult): Promise<void> {
    await this.#enterRegion(startBytes);
    const count = Math.ceil(lengthBytes / clusterBytes);
    const isPlacingDue = this.#layout.addCompressed(startBytes / clusterBytes, count, result.storedBytes);
    const { packed, plain, output } = result;
    if (packed.contentBytes > 0) await this.#output.append(output.subarray(0, packed.encodedBytes), packed);
    if (plain.contentBytes > 0) this.#waiting.push(copyOf(plain, output, packed.encodedBytes));
    if (isPlacingDue) await this.#placePlain();
  }

  /** Writes the last tables and returns the contents of the front matter. */
  async finish(): Promise<Uint8Array[]> {
    await this.#closeRegion();
    const refcountBlocks = new Uint8Array(this.#layout.finish());
    this.#layout.fillRefcountBlocks(refcountBlocks);
    await this.#output.appendPlain(refcountBlocks);
    return this.frontMatter.parts.map(({ lengthBytes }, part) => {
      const content = new Uint8Array(lengthBytes);
      this.#layout.fillFrontMatter(part, content);
      return content;
    });
  }

  async #enterRegion(startBytes: number): Promise<void> {
    const region = Math.floor(startBytes / regionBytes);
    if (region !== this.#region) await this.#closeRegion();
    this.#region = region;
  }

  async #placePlain(): Promise<void> {
    const paddingBytes = this.#layout.placePlain();
    if (paddingBytes > 0) await this.#output.appendZeros(paddingBytes);
    for (const { encoded, content } of this.#waiting) await this.#output.append(encoded, content);
    this.#waiting = [];
  }

  async #closeRegion(): Promise<void> {
    await this.#placePlain();
    if (this.#layout.closeRegion(this.#l2Table)) await this.#output.appendPlain(this.#l2Table);
  }
}

function copyOf(piece: Encoded, output: Uint8Array, fromBytes: number): WaitingPiece {
  return { encoded: output.slice(fromBytes, fromBytes + piece.encodedBytes), content: piece };
}

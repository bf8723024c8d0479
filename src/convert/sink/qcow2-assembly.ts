import { wholeSectors } from '../../image/format.js';
import { addon } from '../../native/addon.js';
import type { NativeQcow2Layout } from '../../native/boundary.js';
import type { FrontMatter } from '../output/content-output.js';

/** Cluster size of every qcow2 that is written; the same as in native/format/qcow2/layout.h. */
export const clusterBytes = 65536;
/** What one L2 table of 8-byte entries maps. */
export const regionBytes = (clusterBytes / 8) * clusterBytes;

/** Takes the tables that an assembly has completed, in the order in which they stand in the file. */
export type TableWriter = (table: Uint8Array) => Promise<void>;

/** Puts a new qcow2 together from which clusters of each segment have data: its tables, but not its data. */
export class Qcow2Assembly {
  readonly frontMatter: FrontMatter;
  readonly #layout: NativeQcow2Layout;
  readonly #writeTable: TableWriter;
  readonly #l2Table = new Uint8Array(clusterBytes);
  #region = 0;

  constructor(sizeBytes: number, writeTable: TableWriter) {
    this.#layout = new addon.Qcow2Layout(wholeSectors(sizeBytes));
    this.#writeTable = writeTable;
    this.frontMatter = this.#layout.frontMatterParts();
  }

  /** Must be called before the data of the segment is written: the table of the region before it comes first. */
  async addSegment(startBytes: number, lengthBytes: number, hasData: Uint8Array): Promise<void> {
    const region = Math.floor(startBytes / regionBytes);
    if (region !== this.#region) await this.#closeRegion();
    this.#region = region;
    this.#layout.addClusters(startBytes / clusterBytes, Math.ceil(lengthBytes / clusterBytes), hasData);
  }

  /** Writes the last tables and returns the contents of the front matter. */
  async finish(): Promise<Uint8Array[]> {
    await this.#closeRegion();
    const refcountBlocks = new Uint8Array(this.#layout.finish());
    this.#layout.fillRefcountBlocks(refcountBlocks);
    await this.#writeTable(refcountBlocks);
    return this.frontMatter.parts.map(({ lengthBytes }, part) => {
      const content = new Uint8Array(lengthBytes);
      this.#layout.fillFrontMatter(part, content);
      return content;
    });
  }

  async #closeRegion(): Promise<void> {
    if (this.#layout.closeRegion(this.#l2Table)) await this.#writeTable(this.#l2Table);
  }
}

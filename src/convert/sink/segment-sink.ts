import type { Work } from '../../image/segments.js';

/** Where the segments of a conversion end. The conversion starts segments in guest order and lets them in so. */
export interface SegmentSink {
  /** Bytes of the target so far. */
  readonly writtenBytes: number;
  /** Before the first segment. @param pieces how many segments and runs of zeros there will be */
  begin(pieces: number): Promise<void>;
  /** Has a worker encode or copy the segment. The answer lets the result in; it is called in guest order. */
  start(segment: Work): Promise<() => Promise<void>>;
  /** Lets a run of zeros in, in its place in guest order. */
  addZeros(run: Work): Promise<void>;
  /** After the last one. */
  finish(): Promise<void>;
  /** At the very end, also after a failure: waits for what still runs. */
  settle?(): Promise<void>;
}

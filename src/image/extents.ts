import { ForgeError } from '../errors.js';
import type { Extent } from '../native/boundary.js';

// As often may a file be read that shares clusters within one disk, which the format does not forbid.
const mostTimesShared = 64;
// A second's work, however short the file is.
const leastLimitBytes = 2 ** 30;

/** Whether an extent has bytes that have to be read. */
export function isStored({ kind, isHole }: Extent): boolean {
  return (kind === 'data' || kind === 'compressed') && isHole !== true;
}

/**
 * Passes extents on until they hold far more plain data than the files they are in: the tables of a hostile image can
 * name one cluster over and over, and make petabytes of nothing.
 *
 * @param storedBytes length of all the files
 * @throws ForgeError QCOW2_CORRUPT
 */
export function* withinStored(extents: Iterable<Extent>, storedBytes: number): Generator<Extent> {
  const limitBytes = Math.max(storedBytes * mostTimesShared, leastLimitBytes);
  let plainBytes = 0;
  for (const extent of extents) {
    if (extent.kind === 'data' && isStored(extent)) plainBytes += extent.lengthBytes;
    if (plainBytes > limitBytes) {
      throw new ForgeError(
        'QCOW2_CORRUPT',
        `has more than ${limitBytes} bytes of data up to guest offset ${extent.startBytes} in ${storedBytes} bytes of ` +
          "file: its tables name the same clusters over and over; see 'omiforge check'",
      );
    }
    yield extent;
  }
}

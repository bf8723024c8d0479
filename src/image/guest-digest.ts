import { createHash } from 'node:crypto';
import { segmentBytes } from '../workers/jobs.js';
import { wholeSectors } from './format.js';

// What is hashed at once of the digests of zero segments: as long as a short read, and hashed in microseconds.
const digestsAtOnce = 2048;

// Of as many lengths as there are last segments, 8192 at most.
const digestsOfZeros = new Map<number, Buffer>();

function digestOfZeros(lengthBytes: number): Buffer {
  const known = digestsOfZeros.get(lengthBytes);
  if (known !== undefined) return known;
  const digest = createHash('sha256').update(new Uint8Array(lengthBytes)).digest();
  digestsOfZeros.set(lengthBytes, digest);
  return digest;
}

/**
 * The guest digest of a disk: SHA-256 over the SHA-256 of each segment of 4 MiB, in guest order. The last segment ends
 * where the disk does, which is counted in whole sectors. So it is the same for all formats, and it can be computed by
 * any number of threads.
 */
export class GuestDigest {
  readonly #hash = createHash('sha256');

  /** Takes in the next segment. @param segmentDigest its SHA-256, 32 bytes */
  add(segmentDigest: Uint8Array): void {
    this.#hash.update(segmentDigest);
  }

  /** Takes in a run of zeros that begins with a segment, and ends with one or with the disk. */
  addZeros(lengthBytes: number): void {
    const whole = Math.floor(lengthBytes / segmentBytes);
    if (whole > 0) this.#repeat(digestOfZeros(segmentBytes), whole);
    const restBytes = wholeSectors(lengthBytes % segmentBytes);
    if (restBytes > 0) this.add(digestOfZeros(restBytes));
  }

  /** All of it, in 64 hexadecimal digits. To be called once, at the end. */
  hex(): string {
    return this.#hash.digest('hex');
  }

  #repeat(digest: Buffer, times: number): void {
    const many = Buffer.alloc(digest.length * Math.min(times, digestsAtOnce), digest);
    for (let left = times; left > 0; left -= digestsAtOnce) {
      this.#hash.update(many.subarray(0, Math.min(left, digestsAtOnce) * digest.length));
    }
  }
}

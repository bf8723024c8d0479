/** Guest bytes at any offset. */
export interface GuestDisk {
  /** Length of the virtual disk. */
  readonly sizeBytes: number;
  /** Fills `target`; asked for nothing but what is within the disk. */
  read(startBytes: number, target: Uint8Array): void;
}

/** A stretch of a disk: all of it, or a partition. Of what is outside of it nothing is read, whatever is asked for. */
export class GuestRange {
  /** Length of what is within the disk: less than the partition claims where the disk ends before. */
  readonly sizeBytes: number;
  readonly #disk: GuestDisk;
  readonly #startBytes: number;

  constructor(disk: GuestDisk, startBytes = 0, lengthBytes = disk.sizeBytes) {
    this.#disk = disk;
    this.#startBytes = startBytes;
    // Numbers from a table may be past 2^53, where they are no longer exact: they are past any disk all the same.
    this.sizeBytes = Math.max(0, Math.min(lengthBytes, disk.sizeBytes - startBytes));
  }

  /** The bytes from an offset on, which may be any number at all; undefined where they are not all in the range. */
  read(offsetBytes: number, lengthBytes: number): Buffer | undefined {
    const isWithin = offsetBytes >= 0 && lengthBytes >= 0 && offsetBytes + lengthBytes <= this.sizeBytes;
    if (!isWithin) return undefined;
    const bytes = Buffer.alloc(lengthBytes);
    if (lengthBytes > 0) this.#disk.read(this.#startBytes + offsetBytes, bytes);
    return bytes;
  }
}

export function isZeros(bytes: Uint8Array): boolean {
  return Buffer.alloc(bytes.length).equals(bytes);
}

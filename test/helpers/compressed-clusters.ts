import { readFile } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';

const compressedFlag = 1n << 62n;

/**
 * The deflate streams of all compressed clusters of a small qcow2 of 64 KiB clusters, by guest cluster: read by the
 * specification, without omiforge. They end where zlib says that they do.
 */
export async function deflateStreams(path: string): Promise<Map<number, Buffer>> {
  const file = await readFile(path);
  const streams = new Map<number, Buffer>();
  const l1 = Number(file.readBigUInt64BE(40));
  for (let region = 0; region < file.readUInt32BE(36); region += 1) {
    const table = Number(file.readBigUInt64BE(l1 + region * 8) & 0x00ff_ffff_ffff_fe00n);
    for (let index = 0; table !== 0 && index < 8192; index += 1) {
      const entry = file.readBigUInt64BE(table + index * 8);
      if ((entry & compressedFlag) === 0n) continue;
      streams.set(region * 8192 + index, streamAt(file, entry));
    }
  }
  return streams;
}

/** Where the data of the compressed cluster of an L2 entry begins: x is 54 for 64 KiB. */
export function compressedOffset(l2Entry: bigint): number {
  return Number(l2Entry & ((1n << 54n) - 1n));
}

function streamAt(file: Buffer, l2Entry: bigint): Buffer {
  const from = compressedOffset(l2Entry);
  const sectors = Number((l2Entry & (compressedFlag - 1n)) >> 54n) + 1;
  const stored = file.subarray(from, Math.floor(from / 512) * 512 + sectors * 512);
  const { engine } = inflateRawSync(stored, { info: true }) as unknown as {
    engine: { bytesWritten: number };
  };
  return stored.subarray(0, engine.bytesWritten);
}

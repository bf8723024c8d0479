import { open } from 'node:fs/promises';

/** Overwrites bytes of a file where they stand. */
export async function patchFile(path: string, offsetBytes: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.write(bytes, 0, bytes.length, offsetBytes);
  } finally {
    await handle.close();
  }
}

/** The number as it stands in a qcow2: 8 bytes, the highest first. */
export function be64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** The same in 4 bytes. */
export function be32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

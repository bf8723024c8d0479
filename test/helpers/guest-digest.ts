import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { qemuImg } from './qemu.js';

const segmentBytes = 4 * 1024 * 1024;

function sha256Of(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** The guest digest by its definition, of what qemu-img reads in an image. Uses a file beside it. */
export async function guestDigestByQemu(
  path: string,
  format: 'raw' | 'qcow2',
  ...args: string[]
): Promise<string> {
  const raw = `${path}.by-qemu`;
  await qemuImg('convert', '-f', format, '-O', 'raw', ...args, path, raw);
  const all = createHash('sha256');
  const handle = await open(raw);
  try {
    const buffer = Buffer.alloc(segmentBytes);
    for (let at = 0; ; at += segmentBytes) {
      const { bytesRead } = await handle.read(buffer, 0, segmentBytes, at);
      if (bytesRead === 0) return all.digest('hex');
      all.update(sha256Of(buffer.subarray(0, bytesRead)));
    }
  } finally {
    await handle.close();
    await rm(raw);
  }
}

/** The same of a disk without data. */
export function guestDigestOfZeros(sizeBytes: number): string {
  const all = createHash('sha256');
  const zeros = new Uint8Array(segmentBytes);
  const ofSegment = sha256Of(zeros);
  let left = sizeBytes;
  for (; left >= segmentBytes; left -= segmentBytes) all.update(ofSegment);
  if (left > 0) all.update(sha256Of(zeros.subarray(0, left)));
  return all.digest('hex');
}

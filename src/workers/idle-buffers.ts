import { addon } from '../native/addon.js';

type Buffer = Uint8Array<ArrayBuffer>;

// What a conversion with four threads has in use. While one runs, few are idle.
const mostBytes = 32 * 2 ** 20;

// As long as the threads wait for the next conversion.
const lingerMs = 1000;

let idle: Buffer[] = [];
let idleBytes = 0;
let clearing: NodeJS.Timeout | undefined;

/**
 * A buffer of that length for a worker to fill; what is in it is left from its last use. Memory that was in use a moment
 * ago is taken again, also that of the conversion before: to touch fresh memory takes longer than many a small image.
 */
export function takeBuffer(lengthBytes: number): Buffer {
  const index = idle.findLastIndex((buffer) => buffer.length === lengthBytes);
  const [buffer] = index === -1 ? [] : idle.splice(index, 1);
  if (buffer === undefined) return addon.alignedBytes(lengthBytes);
  idleBytes -= lengthBytes;
  return buffer;
}

/** Gives a buffer back, which its giver does not use any more. What nobody takes for a second is gone. */
export function giveBuffer(buffer: Buffer): void {
  clearTimeout(clearing);
  clearing = setTimeout(clear, lingerMs).unref();
  idle.push(buffer);
  idleBytes += buffer.length;
  while (idleBytes > mostBytes) idleBytes -= idle.shift()?.length ?? 0;
}

function clear(): void {
  idle = [];
  idleBytes = 0;
}

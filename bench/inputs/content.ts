import { createCipheriv } from 'node:crypto';

/** A generator of 32-bit numbers (xorshift, Marsaglia 2003), always the same ones. */
function* numbers(): Generator<number, never> {
  let state = 0x9e3779b9;
  for (;;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

const wordCount = 4096;

function vocabulary(random: Generator<number, never>): readonly Buffer[] {
  return Array.from({ length: wordCount }, () => {
    const length = 3 + (random.next().value % 8);
    const letters = Array.from({ length }, () => 97 + (random.next().value % 26));
    return Buffer.from([...letters, 0x20]);
  });
}

/**
 * Bytes that deflate to about two fifths, as installed programs do: words, some far more frequent than others, and
 * between them short runs of noise. Always the same ones.
 */
export function denseContent(lengthBytes: number): Buffer {
  const random = numbers();
  const words = vocabulary(random);
  const content = Buffer.alloc(lengthBytes);
  let filledBytes = 0;
  while (filledBytes < lengthBytes) {
    const number = random.next().value;
    if (number % 16 === 0) {
      filledBytes = content.writeUInt32LE(random.next().value, Math.min(filledBytes, lengthBytes - 4));
    } else {
      const word = words[Math.floor(wordCount * (number / 2 ** 32) ** 3)];
      filledBytes += word?.copy(content, filledBytes) ?? 0;
    }
  }
  return content;
}

/** Bytes that cannot be compressed, always the same ones. */
export function noiseContent(lengthBytes: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(lengthBytes));
}

import { ForgeError } from '../errors.js';
import { wholeSectors } from './format.js';

/** How long a disk is to be where the image of it is shorter: what is behind the image's end is zeros. */
export interface Padding {
  /** Size of the disk: at least that of the image, in whole sectors of 512 bytes. */
  readonly virtualSizeBytes?: number | undefined;
  /** Instead of that: the size is the next multiple of so many bytes, which are whole sectors as well. */
  readonly virtualSizeMultipleBytes?: number | undefined;
}

/** Whether any is asked for. */
export function hasPadding({ virtualSizeBytes, virtualSizeMultipleBytes }: Padding): boolean {
  return virtualSizeBytes !== undefined || virtualSizeMultipleBytes !== undefined;
}

function refuse(message: string): never {
  throw new ForgeError('ARGUMENT_INVALID', message);
}

/** @throws ForgeError ARGUMENT_INVALID for what no disk can have */
export function checkPadding(padding: Padding): void {
  const { virtualSizeBytes, virtualSizeMultipleBytes } = padding;
  for (const value of [virtualSizeBytes, virtualSizeMultipleBytes]) {
    if (value === undefined || (Number.isSafeInteger(value) && value > 0 && value % 512 === 0)) continue;
    refuse(`the size to pad to is ${value} bytes; allowed are multiples of 512 below 2^53`);
  }
  if (virtualSizeBytes !== undefined && virtualSizeMultipleBytes !== undefined) {
    refuse('a disk is padded to a size or to the next multiple of one; leave out one of both');
  }
}

/**
 * Size of the padded disk. Pure.
 *
 * @param sizeBytes that of the image
 * @throws ForgeError ARGUMENT_INVALID where the disk would be cut, or would be larger than any
 */
export function paddedSize(
  sizeBytes: number,
  { virtualSizeBytes, virtualSizeMultipleBytes }: Padding,
): number {
  const leastBytes = wholeSectors(sizeBytes);
  if (virtualSizeMultipleBytes !== undefined) {
    const paddedBytes = Math.ceil(leastBytes / virtualSizeMultipleBytes) * virtualSizeMultipleBytes;
    if (Number.isSafeInteger(paddedBytes)) return paddedBytes;
    refuse(`a disk of ${leastBytes} bytes has no next multiple of ${virtualSizeMultipleBytes} below 2^53`);
  }
  if (virtualSizeBytes === undefined) return sizeBytes;
  if (virtualSizeBytes >= leastBytes) return virtualSizeBytes;
  refuse(
    `is a disk of ${leastBytes} bytes, which is not cut to ${virtualSizeBytes}; ` +
      'choose a size of at least that, or make the disk smaller in its virtual machine first',
  );
}

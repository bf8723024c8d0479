const powers: Readonly<Record<string, number>> = {
  '': 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

// A virtual disk is made of sectors.
const sectorBytes = 512;

/**
 * A size in bytes, such as `1GiB`, `512M` or `4096`: units are powers of 1024. Undefined where it is none, is 0, or is
 * not whole sectors of 512 bytes.
 */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^\s*(\d{1,9})\s*(?:([KMGT])(?:i?B)?|B)?\s*$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const sizeBytes = Number(digits) * (powers[unit.toUpperCase()] ?? Number.NaN);
  return sizeBytes > 0 && sizeBytes % sectorBytes === 0 && Number.isSafeInteger(sizeBytes)
    ? sizeBytes
    : undefined;
}

/** The least multiple of `stepBytes` that is not below `sizeBytes`. */
export function roundUp(sizeBytes: number, stepBytes: number): number {
  return Math.ceil(sizeBytes / stepBytes) * stepBytes;
}

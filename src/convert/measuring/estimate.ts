/**
 * The compressed sizes of all pieces of a sample, where only some were measured: the others are taken to be smaller or
 * larger than at a similar compression by as much as these are. How two levels compare differs far less between pieces
 * than how well the pieces compress. Pure.
 *
 * @param similar the size of each piece at the similar compression
 * @param measured index and size of one piece or more
 */
export function estimateSizes(similar: readonly number[], measured: ReadonlyMap<number, number>): number[] {
  let [measuredBytes, similarBytes] = [0, 0];
  for (const [index, sizeBytes] of measured) {
    measuredBytes += sizeBytes;
    similarBytes += similar[index] ?? 0;
  }
  const factor = measuredBytes / similarBytes;
  return similar.map((sizeBytes, index) => measured.get(index) ?? sizeBytes * factor);
}

/**
 * The items in an order in which those of any beginning are spread over all of them: the first, then the one that is
 * so many percent further around, and so on. Pure.
 */
export function strewn<Item>(items: readonly Item[]): Item[] {
  // The golden section leaves no gap much larger than another.
  const wanted = Math.round(items.length * 0.618);
  const step = [...items.keys()].map((more) => wanted + more).find((it) => isCoprime(it, items.length)) ?? 1;
  return items.map((_, index) => items[(index * step) % items.length] as Item);
}

function isCoprime(a: number, b: number): boolean {
  return b === 0 ? a === 1 : isCoprime(b, a % b);
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** How large the inputs are. */
export interface Sizes {
  /** A disk with a file system, and how much is installed on it. */
  readonly disk: { readonly virtualSizeBytes: number; readonly contentBytes: number };
  /** The same data on a huge disk and on a small one. */
  readonly sparse: { readonly hugeBytes: number; readonly smallBytes: number; readonly dataBytes: number };
  /** Of a disk that is full of data, and of one that is full of noise. */
  readonly fullBytes: number;
  /** Small images; the large one is as large as all of them. */
  readonly many: { readonly count: number; readonly eachBytes: number };
}

export const fullSizes: Sizes = {
  disk: { virtualSizeBytes: 4 * gibibyte, contentBytes: 1200 * mebibyte },
  sparse: { hugeBytes: 1024 * gibibyte, smallBytes: 2 * gibibyte, dataBytes: gibibyte },
  fullBytes: gibibyte,
  many: { count: 40, eachBytes: 50 * mebibyte },
};

export const quickSizes: Sizes = {
  disk: { virtualSizeBytes: 256 * mebibyte, contentBytes: 48 * mebibyte },
  sparse: { hugeBytes: 2 * gibibyte, smallBytes: 64 * mebibyte, dataBytes: 32 * mebibyte },
  fullBytes: 32 * mebibyte,
  many: { count: 40, eachBytes: mebibyte },
};

/** Room on the disk for the inputs and for what the largest scenario leaves, generously. */
export function neededBytes({ disk, sparse, fullBytes, many }: Sizes): number {
  const inputs =
    4 * disk.contentBytes + 2 * sparse.dataBytes + 2 * fullBytes + 2 * many.count * many.eachBytes;
  // An output each of three contenders, what a rival has in between, what is prepared, and the proof.
  const largestInput = Math.max(disk.contentBytes, sparse.dataBytes, fullBytes, many.count * many.eachBytes);
  // Zeros deflate to about a thousandth.
  return inputs + 5 * largestInput + 3 * (sparse.hugeBytes / 1000);
}

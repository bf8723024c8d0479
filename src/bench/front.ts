/** What decides between settings. */
export interface Quality {
  readonly bytesPerSecond: number;
  /** Compressed size to content. */
  readonly ratio: number;
}

/** The settings worth choosing between: nothing else is as fast and as small, and better in one of both. Pure. */
export function frontOf<Item extends Quality>(items: readonly Item[]): readonly Item[] {
  return items.filter((item) => !items.some((other) => beats(other, item)));
}

function beats(a: Quality, b: Quality): boolean {
  const isNoWorse = a.bytesPerSecond >= b.bytesPerSecond && a.ratio <= b.ratio;
  return isNoWorse && (a.bytesPerSecond > b.bytesPerSecond || a.ratio < b.ratio);
}

/** A place in a text, as editors count: both from 1, the column in UTF-16 units, a tab as one. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Turns offsets of one text into places. */
export class TextPlaces {
  readonly #lineStarts: number[] = [0];

  constructor(text: string) {
    for (const { 0: lineBreak, index } of text.matchAll(/\r\n|\r|\n/g)) {
      this.#lineStarts.push(index + lineBreak.length);
    }
  }

  at(offset: number): TextPlace {
    let low = 0;
    let high = this.#lineStarts.length;
    // The last line that starts at or before the offset is in [low, high).
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }
}

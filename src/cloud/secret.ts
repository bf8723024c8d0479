import { inspect } from 'node:util';

const hidden = '[hidden]';

/**
 * A secret that no message, log or JSON gets by accident: wherever it is printed, joined to text or inspected it says
 * `[hidden]`. A copy made for another thread is empty.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret itself: for the arithmetic of a signature, and nothing else. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [Symbol.toPrimitive](): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}

/** The text of a secret that callers may give in a wrapper or as it is. */
export function revealed(secret: Secret | string): string {
  return typeof secret === 'string' ? secret : secret.reveal();
}

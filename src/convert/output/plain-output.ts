import type { ByteTarget } from './byte-target.js';
import type { ContentOutput, FrontMatter } from './content-output.js';

/** Content as it is. */
export class PlainOutput implements ContentOutput {
  readonly compression = undefined;
  readonly #target: ByteTarget;
  #parts: FrontMatter['parts'] = [];

  constructor(target: ByteTarget) {
    this.#target = target;
  }

  get canPatch(): boolean {
    return this.#target.canPatch;
  }

  get writtenBytes(): number {
    return this.#target.lengthBytes;
  }

  expect(): void {}

  append(encoded: Uint8Array): Promise<void> {
    return this.#target.write(encoded);
  }

  appendPlain(content: Uint8Array): Promise<void> {
    return this.#target.write(content);
  }

  appendZeros(lengthBytes: number): Promise<void> {
    return this.#target.skip(lengthBytes);
  }

  async beginFrontMatter(frontMatter: FrontMatter, contents?: readonly Uint8Array[]): Promise<void> {
    this.#parts = frontMatter.parts;
    if (contents === undefined) {
      await this.#target.skip(frontMatter.totalBytes);
      return;
    }
    for (const [index, { offsetBytes }] of frontMatter.parts.entries()) {
      await this.#target.skip(offsetBytes - this.#target.lengthBytes);
      await this.#target.write(contents[index] ?? new Uint8Array(0));
    }
    await this.#target.skip(frontMatter.totalBytes - this.#target.lengthBytes);
  }

  async patchFrontMatter(contents: readonly Uint8Array[]): Promise<void> {
    for (const [index, { offsetBytes }] of this.#parts.entries()) {
      await this.#target.patch(offsetBytes, contents[index] ?? new Uint8Array(0));
    }
  }

  async finish(): Promise<void> {}
}

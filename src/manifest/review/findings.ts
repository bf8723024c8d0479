import type { JsonNode } from '../json/document.js';
import { mostFaults } from '../json/syntax-fault.js';
import type { TextPlaces } from '../json/text-places.js';
import { origins } from './origins.js';
import type { ReviewFault, Severity } from './review-fault.js';

/** A value of the manifest, and where it is. */
export interface Spot {
  readonly node: JsonNode;
  readonly path: string;
}

/** What a fault says besides where it is. */
export type Finding = Omit<ReviewFault, 'severity' | 'path' | 'line' | 'column'>;

/** Gathers the faults of one text. */
export class Findings {
  readonly #places: TextPlaces;
  readonly #faults: ReviewFault[] = [];

  constructor(places: TextPlaces) {
    this.#places = places;
  }

  get faults(): readonly ReviewFault[] {
    return this.#faults;
  }

  error({ node, path }: Spot, code: string, message: string, origin: string): void {
    this.add('error', path, node.offset, { code, message, origin });
  }

  warning({ node, path }: Spot, code: string, message: string, origin: string): void {
    this.add('warning', path, node.offset, { code, message, origin });
  }

  /** @param offset in the text, where the line and the column are taken from */
  add(severity: Severity, path: string, offset: number, finding: Finding): void {
    if (this.#faults.length > mostFaults) return;
    const last = this.#faults.length === mostFaults;
    const more = {
      code: 'too-many-faults',
      message: `more than ${mostFaults} faults; the rest is not told`,
      origin: origins.limits,
    };
    this.#faults.push({
      severity: last ? 'error' : severity,
      path,
      ...this.#places.at(offset),
      ...(last ? more : finding),
    });
  }
}

import { ForgeError } from '../../errors.js';
import type { DocumentPath } from './located-document.js';

/** A place in a text, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Why a plan cannot be carried out, or what is doubtful in it. */
export interface PlanFault {
  /** Where in the plan file; undefined where the plan is made of arguments. */
  readonly position: Position | undefined;
  /** Where in the plan: keys from its top. */
  readonly path: DocumentPath;
  /** What was found, what is allowed and what to do. */
  readonly message: string;
}

/**
 * A plan with everything that is wrong with it. Its message counts the faults and says what has become of the disks;
 * `faults` has them.
 */
export class PlanError extends ForgeError {
  readonly faults: readonly PlanFault[];

  constructor(label: string, faults: readonly PlanFault[], outcome = 'nothing was begun') {
    const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
    super('PLAN_INVALID', `${count}; ${outcome}`, { path: label });
    this.faults = faults;
  }
}

/** Such as "plan.yaml:12:5: images[0].disks[1].device: ..."; without the position where there is none. */
export function faultText(label: string, { position, path, message }: PlanFault): string {
  const place = position === undefined ? '' : `${label}:${position.line}:${position.column}: `;
  const keys = pathText(path);
  return `${place}${keys === '' ? '' : `${keys}: `}${message}`;
}

/** Such as "images[0].disks[1].device". */
export function pathText(path: DocumentPath): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '');
}

/** In the order of the file. */
export function inOrder(faults: readonly PlanFault[]): readonly PlanFault[] {
  const rank = ({ position }: PlanFault) => position?.line ?? 0;
  const column = ({ position }: PlanFault) => position?.column ?? 0;
  return faults.toSorted((a, b) => rank(a) - rank(b) || column(a) - column(b));
}

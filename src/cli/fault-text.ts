import type { ManifestReview } from '../manifest/review/review.js';
import type { ReviewFault } from '../manifest/review/review-fault.js';

/** A fault in one line, in the form of compilers, which editors know. */
export function faultText(file: string, fault: ReviewFault): string {
  const { line, column, severity, path, message, code, origin } = fault;
  const place = path === '' ? '' : `${path}: `;
  return `${file}:${line}:${column}: ${severity}: ${place}${message} [${code}] (${origin})`;
}

/** Such as "3 errors, 1 warning"; "no faults" where there are none. */
export function countText(faults: readonly ReviewFault[]): string {
  const errors = faults.filter(({ severity }) => severity === 'error').length;
  const warnings = faults.length - errors;
  const parts = [
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ];
  return parts.length === 0 ? 'no faults' : parts.join(', ');
}

/** What programs learn of a review. */
export function reviewJson({ valid, faults, urlsExpireAt }: ManifestReview): Record<string, unknown> {
  return {
    valid,
    faults: faults.map(({ severity, code, path, line, column, message, origin }) => ({
      severity,
      code,
      path,
      line,
      column,
      message,
      origin,
    })),
    'urls-expire-at': urlsExpireAt?.toISOString() ?? null,
  };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

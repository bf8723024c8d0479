import { InvalidArgumentError } from 'commander';

const unitSeconds = new Map([
  ['', 1],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
]);

/** A parser for options that take a time: seconds, or a number with m, h or d. The result is in seconds. */
export function durationFrom(leastSeconds: number, mostSeconds: number): (text: string) => number {
  return (text) => {
    const [, count, unit = ''] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
    const seconds = Number(count) * (unitSeconds.get(unit) ?? Number.NaN);
    if (seconds >= leastSeconds && seconds <= mostSeconds) return seconds;
    throw new InvalidArgumentError(
      `Use ${leastSeconds} to ${mostSeconds} seconds, or a number with m, h or d, such as 12h.`,
    );
  };
}

/** A moment as ISO 8601 has it, such as 2026-01-31T12:00:00Z: with its zone, or the day alone, which begins in UTC. */
export function momentFrom(text: string): Date {
  const form = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;
  const moment = new Date(form.test(text) ? text : Number.NaN);
  if (!Number.isNaN(moment.getTime())) return moment;
  throw new InvalidArgumentError('Use a date such as 2026-01-31 or 2026-01-31T12:00:00Z, with its zone.');
}

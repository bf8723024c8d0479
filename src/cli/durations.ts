import prettyMs from 'pretty-ms';

/** Such as "1m 5.2s". */
export function durationText(milliseconds: number): string {
  return prettyMs(milliseconds);
}

/** A time that is only estimated, in so many digits as are worth something: "0.4s", "12s", "3m 5s". */
export function roughDurationText(milliseconds: number): string {
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)}s`;
  return prettyMs(Math.round(milliseconds / 1000) * 1000);
}

/** A long time in words, to its two largest units: "7 days", "6 days 23 hours". */
export function longDurationText(milliseconds: number): string {
  return prettyMs(Math.floor(milliseconds / 1000) * 1000, { verbose: true, unitCount: 2 });
}

/** A time of minutes to days in two units, such as "6d 23h". */
export function shortDaysText(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  return minutes < 1 ? 'less than 1m' : prettyMs(minutes * 60_000, { unitCount: 2 });
}

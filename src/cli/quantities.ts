import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';

/** A number of bytes for people, such as "4.29 GB". */
export function bytesText(bytes: number): string {
  return prettyBytes(bytes, { maximumFractionDigits: 2 });
}

/** The same in three digits, such as "4.29 GB" and "429 MB": it takes the same room as it grows. */
export function roughBytesText(bytes: number): string {
  return prettyBytes(bytes);
}

/** The same with the exact number, such as "4.29 GB (4294967296 bytes)". */
export function exactBytesText(bytes: number): string {
  return bytes < 1000 ? `${bytes} bytes` : `${bytesText(bytes)} (${bytes} bytes)`;
}

/** A size that is a power of two, such as "64 KiB". */
export function binaryText(bytes: number): string {
  return prettyBytes(bytes, { binary: true });
}

export function durationText(milliseconds: number): string {
  return prettyMs(milliseconds);
}

/** Such as "85.2 MB/s"; empty where no time has passed. */
export function rateText(bytes: number, milliseconds: number): string {
  return milliseconds <= 0 ? '' : `${prettyBytes((bytes * 1000) / milliseconds)}/s`;
}

/** Such as "0.37"; empty where there is nothing to compare with. */
export function ratioText(part: number, whole: number): string {
  return whole === 0 ? '' : (part / whole).toFixed(2);
}

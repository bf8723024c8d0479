import prettyBytes from 'pretty-bytes';

import { bytesText } from '../bytes-text.js';

export { bytesText } from '../bytes-text.js';

/** A number of bytes in three digits, such as "4.29 GiB" and "429 MiB": it takes the same room as it grows. */
export function roughBytesText(bytes: number): string {
  return prettyBytes(bytes, { binary: true });
}

/** The same with the exact number, such as "4.29 GiB (4606552473 bytes)". */
export function exactBytesText(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : `${bytesText(bytes)} (${bytes} bytes)`;
}

/** Such as "85.2 MiB/s"; empty where no time has passed. */
export function rateText(bytes: number, milliseconds: number): string {
  return milliseconds <= 0 ? '' : `${roughBytesText((bytes * 1000) / milliseconds)}/s`;
}

/** Such as "0.37"; empty where there is nothing to compare with. */
export function ratioText(part: number, whole: number): string {
  return whole === 0 ? '' : (part / whole).toFixed(2);
}

/** Such as "200 Mbit/s": powers of 1000, as links are sold. */
export function bandwidthText(bitsPerSecond: number): string {
  return `${prettyBytes(bitsPerSecond, { bits: true })}/s`;
}

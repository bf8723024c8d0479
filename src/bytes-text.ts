// Sizes are powers of 1024, as disks and volumes are measured: a volume of 10 GiB is one of 10 GiB here too.
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/**
 * A number of bytes for people, such as "4.29 GiB": no more than there are. pretty-bytes would have Intl cut the digits off,
 * whose data takes a fifth of the time in which Node starts.
 */
export function bytesText(bytes: number): string {
  let value = bytes;
  let power = 0;
  for (; value >= 1024 && power < units.length - 1; power += 1) value /= 1024;
  return `${Math.trunc(value * 100) / 100} ${units[power]}`;
}

/** A text field: up to its first NUL, without the spaces that fill it up; undefined where it is empty. */
export function fieldText(field: Buffer): string | undefined {
  const end = field.indexOf(0);
  return filled(field.toString('utf8', 0, end < 0 ? field.length : end));
}

/** The same of UTF-16, the lower byte first. */
export function wideFieldText(field: Buffer): string | undefined {
  return filled(field.toString('utf16le').replace(/\0.*$/s, ''));
}

function filled(text: string): string | undefined {
  const trimmed = text.trimEnd();
  return trimmed === '' ? undefined : trimmed;
}

/** A UUID of 16 bytes as they stand, in small letters; undefined where all are zero. */
export function uuidText(bytes: Buffer): string | undefined {
  const hex = bytes.toString('hex');
  return /^0*$/.test(hex) ? undefined : hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** A GUID in capitals. Its first three numbers have their lowest byte first (UEFI, appendix A). */
export function guidText(bytes: Buffer): string {
  const parts = [
    hexOf(bytes.readUInt32LE(0), 8),
    hexOf(bytes.readUInt16LE(4), 4),
    hexOf(bytes.readUInt16LE(6), 4),
    bytes.toString('hex', 8, 10),
    bytes.toString('hex', 10, 16),
  ];
  return parts.join('-').toUpperCase();
}

/** The serial number of a FAT or exFAT, as it is commonly written. */
export function serialText(serial: number): string {
  return hexOf(serial, 8).toUpperCase().replace(/^.{4}/, '$&-');
}

export function hexOf(value: number | bigint, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

import { ForgeError } from '../errors.js';
import { addon } from '../native/addon.js';
import type { FormatInContainer, FormatName, ImageFormat } from './format.js';
import { formatOfFileName, splitFormat } from './format.js';
import { inflateHead, isGzip } from './gzip-head.js';

/** So many bytes from the beginning of a file decide what it is. */
export const probeBytes = 65536;

/** The bytes that {@link NativeAddon.firstClusterBytes} needs to see. */
const headerBytes = 512;

/** What stands at the beginning of formats that would make no sense as a raw disk. */
const foreignFormats: ReadonlyArray<{ name: string; offset: number; magic: string; advice: string }> = [
  { name: 'VMDK', offset: 0, magic: 'KDMV', advice: 'convert' },
  { name: 'VMDK', offset: 0, magic: 'COWD', advice: 'convert' },
  { name: 'VMDK descriptor', offset: 0, magic: '# Disk DescriptorFile', advice: 'convert' },
  { name: 'VHDX', offset: 0, magic: 'vhdxfile', advice: 'convert' },
  { name: 'VHD', offset: 0, magic: 'conectix', advice: 'convert' },
  { name: 'VDI', offset: 64, magic: '\x7f\x10\xda\xbe', advice: 'convert' },
  { name: 'QED', offset: 0, magic: 'QED\0', advice: 'convert' },
  { name: 'QCOW version 1', offset: 0, magic: 'QFI\xfb\0\0\0\x01', advice: 'convert' },
  { name: 'Parallels', offset: 0, magic: 'WithoutFreeSpace', advice: 'convert' },
  { name: 'Parallels', offset: 0, magic: 'WithouFreSpacExt', advice: 'convert' },
  { name: 'a tar archive', offset: 257, magic: 'ustar', advice: 'unpack' },
  { name: 'xz', offset: 0, magic: '\xfd7zXZ\0', advice: 'decompress' },
  { name: 'Zstandard', offset: 0, magic: '\x28\xb5\x2f\xfd', advice: 'decompress' },
  { name: 'bzip2', offset: 0, magic: 'BZh', advice: 'decompress' },
];

const adviceTexts: Readonly<Record<string, string>> = {
  convert: "convert it with 'qemu-img convert -O qcow2' first, or state -f raw if these are the disk's bytes",
  unpack: "unpack the disk in it first, or state -f raw if these are the disk's bytes",
  decompress: "decompress it first, or state -f raw if these are the disk's bytes",
};

function startsWith(head: Uint8Array, offset: number, magic: string): boolean {
  return Buffer.from(head.subarray(offset, offset + magic.length)).equals(Buffer.from(magic, 'latin1'));
}

export function isQcow2(head: Uint8Array): boolean {
  return startsWith(head, 0, 'QFI\xfb') && head.length >= 8 && !startsWith(head, 4, '\0\0\0\x01');
}

function probeFormat(head: Uint8Array): ImageFormat {
  if (isQcow2(head)) return 'qcow2';
  const foreign = foreignFormats.find(({ offset, magic }) => startsWith(head, offset, magic));
  if (foreign === undefined) return 'raw';
  throw new ForgeError(
    'FORMAT_UNSUPPORTED',
    `looks like ${foreign.name}; omiforge reads raw, qcow2 and both in .gz; ${adviceTexts[foreign.advice]}`,
  );
}

/** The first cluster of the qcow2 within a gzip file, or as much of it as `compressed` gives. */
export function inflateQcow2Head(compressed: Uint8Array): Buffer {
  return inflateHead(compressed, (inflated) =>
    inflated.length < headerBytes ? headerBytes : addon.firstClusterBytes(inflated),
  );
}

/**
 * Finds out what a file is, from its first {@link probeBytes} bytes. The name decides nothing, but where it
 * contradicts the content, or the content is a format that is not read, that is an error: an image is never
 * silently read as something else. A stated format is not probed, only checked where it can be.
 *
 * @throws ForgeError FORMAT_MISMATCH, FORMAT_UNSUPPORTED, GZIP_BAD_HEADER, GZIP_CORRUPT, GZIP_TRUNCATED
 */
export function probe(head: Uint8Array, fileName: string, stated?: FormatName): FormatInContainer {
  if (stated !== undefined) return checkStated(head, splitFormat(stated));
  const gzip = isGzip(head);
  const named = formatOfFileName(fileName);
  if (!gzip && /\.gz$/i.test(fileName)) {
    throw new ForgeError(
      'FORMAT_MISMATCH',
      'is named .gz but is not gzip; rename it, or state its format with -f',
    );
  }
  const isWholeFile = head.length < probeBytes;
  const inner = gzip ? inflateHead(head, () => headerBytes, isWholeFile) : head;
  const format = probeFormat(inner);
  if (format === 'raw' && named !== undefined && splitFormat(named).format === 'qcow2') {
    throw new ForgeError(
      'FORMAT_MISMATCH',
      'is named .qcow2 but does not begin with a qcow2 header; if it is a raw disk, rename it or state -f raw',
    );
  }
  return { format, container: gzip ? 'gz' : 'plain' };
}

function checkStated(head: Uint8Array, stated: FormatInContainer): FormatInContainer {
  if (stated.container === 'gz' && !isGzip(head)) {
    throw new ForgeError('FORMAT_MISMATCH', 'is not gzip, which the stated format needs; state another one');
  }
  return stated;
}

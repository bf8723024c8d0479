import { readFile, writeFile } from 'node:fs/promises';

// RFC 1952 2.3: the flags, the flag of the extra field, and where the field begins with its length.
const flagsOffset = 3;
const extraFieldFlag = 4;
const fieldOffset = 10;

/** A gzip file of ours without its index, as it goes into a pipe: of any other writer nobody can tell it. */
export function withoutGzipIndex(file: Buffer): Buffer {
  if (file[flagsOffset] !== extraFieldFlag) throw new Error('there is no index');
  const header = Buffer.from(file.subarray(0, fieldOffset));
  header[flagsOffset] = 0;
  return Buffer.concat([header, file.subarray(fieldOffset + 2 + file.readUInt16LE(fieldOffset))]);
}

/** Takes the index out of a file. Returns its path. */
export async function removeGzipIndex(path: string): Promise<string> {
  await writeFile(path, withoutGzipIndex(await readFile(path)));
  return path;
}

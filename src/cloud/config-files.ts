import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { ForgeError, toForgeError } from '../errors.js';
import { type ConfigFile, configPlaces, parseProfiles } from './configuration.js';
import type { Environment } from './credentials.js';

// A profile takes some hundred bytes.
const longestBytes = 2 ** 20;

/**
 * Reads the configuration files that `environment` and `asked` lead to: the one that is asked for, which is `asked`,
 * else OSC_CONFIG_FILE; else those of the home folder (HOME) that are there. Never throws: what is wrong with a file is
 * in its place.
 */
export async function readConfigFiles(
  asked: string | undefined,
  environment: Environment,
): Promise<readonly ConfigFile[]> {
  const named = asked ?? (environment['OSC_CONFIG_FILE'] || undefined);
  if (named !== undefined) return [await readConfigFile(named, named, true)];
  const home = environment['HOME'] ?? '';
  if (!isAbsolute(home)) return [];
  const files = await Promise.all(
    configPlaces.map((place) => readConfigFile(join(home, place), `~/${place}`, false)),
  );
  return files.filter(({ content }) => !(content instanceof ForgeError && content.code === 'IO_NOT_FOUND'));
}

async function readConfigFile(path: string, name: string, isAsked: boolean): Promise<ConfigFile> {
  let mode: number | undefined;
  try {
    // Without waiting for the other end of a FIFO.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = await file.stat();
    mode = facts.mode & 0o777;
    if (facts.isDirectory()) throw new ForgeError('IO_NOT_A_FILE', 'is a directory; name a file');
    if (!facts.isFile()) throw new ForgeError('IO_NOT_A_FILE', 'is not a regular file; name one');
    return { name, isAsked, mode, content: await parseProfiles(await readAll(file)) };
  } catch (thrown) {
    const { code, message } = toForgeError(thrown);
    return { name, isAsked, mode, content: new ForgeError(code, message, { path: name, cause: thrown }) };
  }
}

/** All of a file, whose length may not be what it was. */
async function readAll(file: FileHandle): Promise<Uint8Array> {
  const bytes = new Uint8Array(longestBytes + 1);
  let lengthBytes = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, lengthBytes, bytes.length - lengthBytes, null);
    lengthBytes += bytesRead;
    if (lengthBytes > longestBytes) {
      throw new ForgeError(
        'CONFIG_INVALID',
        `has more than ${longestBytes} bytes; a configuration is shorter, so this is another file`,
      );
    }
    if (bytesRead === 0) return bytes.subarray(0, lengthBytes);
  }
}

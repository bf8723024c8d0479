import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { FormatName } from '../../src/index.js';
import { sha256 } from './images.js';
import { checkClean, compareWithQemu } from './qemu.js';

/** Programs that decompress gzip to stdout. Each has a decoder of its own. */
const gunzips: ReadonlyArray<readonly [program: string, ...args: string[]]> = [
  ['gzip', '-dc'],
  ['pigz', '-dc'],
  ['igzip', '-dc'],
  ['python3', '-c', 'import gzip,shutil,sys; shutil.copyfileobj(gzip.open(sys.argv[1]), sys.stdout.buffer)'],
];

/** Decompresses with one of {@link gunzips}. Throws where the program is not content. */
async function gunzipInto(
  target: Writable,
  path: string,
  [program, ...args]: readonly [string, ...string[]],
): Promise<void> {
  const child = spawn(program, [...args, path], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  const ended = new Promise<number | null>((resolve, reject) =>
    child.on('error', reject).on('close', resolve),
  );
  await pipeline(child.stdout, target);
  const status = await ended;
  if (status !== 0) throw new Error(`${program} fails on ${path} with status ${status}: ${complaint}`);
}

/** Decompresses to a file with `gzip`. Throws where that is not content. */
export async function gunzipTo(target: string, path: string): Promise<void> {
  await gunzipInto(createWriteStream(target), path, ['gzip', '-dc']);
}

/** Has every referee decompress the file, and throws unless all agree. Leaves the content at `target`. */
export async function gunzipWithAll(target: string, path: string): Promise<void> {
  await pipeline(createReadStream(path), createGunzip(), createWriteStream(target));
  const expected = await sha256(target);
  for (const gunzip of gunzips) {
    const hash = createHash('sha256');
    await gunzipInto(hash, path, gunzip);
    if (hash.digest('hex') !== expected) throw new Error(`${gunzip[0]} gets other bytes out of ${path}`);
  }
}

/**
 * Has the referees judge an image: gzip tools for its container, `qemu-img check` for a qcow2, `qemu-img compare`
 * with the raw image that it must hold. Throws where one is not content. Uses files beside the image.
 */
export async function judge(path: string, format: FormatName, rawPath: string): Promise<void> {
  let plain = path;
  if (format.endsWith('.gz')) {
    plain = `${path}.plain`;
    await gunzipWithAll(plain, path);
  }
  if (format.startsWith('qcow2')) await checkClean(plain);
  await compareWithQemu(plain, format.startsWith('qcow2') ? 'qcow2' : 'raw', rawPath, 'raw');
  // qemu-img does not see how a raw file ends within a sector.
  if (format.startsWith('raw')) {
    const [actual, expected] = await Promise.all([stat(plain), stat(rawPath)]);
    const sectors = (bytes: number) => Math.ceil(bytes / 512);
    if (sectors(actual.size) !== sectors(expected.size)) {
      throw new Error(`${plain} has ${actual.size} bytes, ${rawPath} has ${expected.size}`);
    }
  }
}

import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeSampleDisk } from '../../setup/sample-disk.js';
import { bytesText } from '../../src/cli/quantities.js';
import { ForgeError } from '../../src/errors.js';
import { runShell } from '../measuring/shell.js';
import { denseContent, noiseContent } from './content.js';
import { type InputName, inOrderOfMaking } from './input.js';
import { neededBytes, type Sizes } from './sizes.js';

const pieceBytes = 16 * 2 ** 20;

/** To be raised when an input of the same size gets another content, so that kept ones are made again. */
const recipe = 1;

interface Making {
  readonly sizes: Sizes;
  /** Where the inputs are. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Writes `content` over and over: pieces of it at a distance of `strideBytes`, `dataBytes` in all. */
async function writePieces(
  path: string,
  content: Buffer,
  { sizeBytes, dataBytes, strideBytes }: { sizeBytes: number; dataBytes: number; strideBytes: number },
  signal: AbortSignal,
): Promise<void> {
  await using file = await open(path, 'w');
  await file.truncate(sizeBytes);
  for (let written = 0, offset = 0; written < dataBytes; offset += strideBytes) {
    signal.throwIfAborted();
    const length = Math.min(content.length, dataBytes - written);
    await file.write(content, 0, length, offset);
    written += length;
  }
}

function writeFull(path: string, content: Buffer, sizeBytes: number, signal: AbortSignal): Promise<void> {
  const layout = { sizeBytes, dataBytes: sizeBytes, strideBytes: content.length };
  return writePieces(path, content, layout, signal);
}

function writeSparse(path: string, sizeBytes: number, { sizes: { sparse }, signal }: Making): Promise<void> {
  const { dataBytes } = sparse;
  const strideBytes = sizeBytes / Math.ceil(dataBytes / pieceBytes);
  return writePieces(path, denseContent(pieceBytes), { sizeBytes, dataBytes, strideBytes }, signal);
}

async function writeMany(folder: string, { sizes: { many }, signal }: Making): Promise<void> {
  await mkdir(folder);
  const content = denseContent(pieceBytes);
  for (let index = 0; index < many.count; index += 1) {
    const name = `${String(index).padStart(2, '0')}.raw`;
    await writeFull(join(folder, name), content, many.eachBytes, signal);
  }
}

const toQcow2 = 'qemu-img convert -f raw -O qcow2';

/** How each input is made under a path; the commands find what they are made from in their working folder. */
const makers: Record<InputName, (path: string, making: Making) => Promise<unknown>> = {
  'disk.raw': (path, { sizes, signal }) => makeSampleDisk(path, { ...sizes.disk, signal }),
  'disk.qcow2': (path, making) => runIn(making, `${toQcow2} disk.raw "${path}"`),
  'disk.qcow2.gz': (path, making) => runIn(making, `pigz -6 -c disk.qcow2 > "${path}"`),
  'disk-compressed.qcow2': (path, making) => runIn(making, `${toQcow2} -c -W -m 16 disk.raw "${path}"`),
  'dense.raw': (path, { sizes, signal }) =>
    writeFull(path, denseContent(pieceBytes), sizes.fullBytes, signal),
  'incompressible.raw': (path, { sizes, signal }) =>
    writeFull(path, noiseContent(pieceBytes), sizes.fullBytes, signal),
  'sparse-huge.raw': (path, making) => writeSparse(path, making.sizes.sparse.hugeBytes, making),
  'sparse-small.raw': (path, making) => writeSparse(path, making.sizes.sparse.smallBytes, making),
  many: writeMany,
  'large.raw': (path, { sizes: { many }, signal }) =>
    writeFull(path, denseContent(pieceBytes), many.count * many.eachBytes, signal),
};

function runIn({ folder, signal }: Making, commandLine: string): Promise<void> {
  return runShell(commandLine, { folder, signal });
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Empties the folder when what is in it was made by another recipe or in other sizes; never one that is not ours. */
async function removeOutdated({ folder, sizes }: Making): Promise<void> {
  const path = join(folder, 'recipe.json');
  const wanted = `${JSON.stringify({ recipe, sizes }, undefined, 2)}\n`;
  const found = await readFile(path, 'utf8').catch(() => undefined);
  if (found === wanted) return;
  await mkdir(folder, { recursive: true });
  if (found === undefined && (await readdir(folder)).length > 0) {
    const message = 'has files that are not inputs of the benchmark; choose another place with --folder';
    throw new ForgeError('TARGET_EXISTS', message, { path: folder });
  }
  await rm(folder, { recursive: true });
  await mkdir(folder);
  await writeFile(path, wanted);
}

async function checkRoom(folder: string, sizes: Sizes): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const [free, needed] = [bavail * bsize, neededBytes(sizes)];
  if (free >= needed) return;
  const found = `${bytesText(free)} free where the benchmark may take ${bytesText(needed)}`;
  throw new ForgeError('IO_NO_SPACE', `${found}; free some or choose another place with --folder`, {
    path: folder,
  });
}

/**
 * Makes the inputs that are not in the folder yet. Each stands under its name only when it is whole.
 *
 * @param onMaking called before each one that takes time
 */
export async function makeInputs(
  wanted: readonly InputName[],
  making: Making,
  onMaking: (name: InputName) => void,
): Promise<void> {
  const { folder, sizes, signal } = making;
  await removeOutdated(making);
  const unfinished = join(folder, '.unfinished');
  // Also what a run left that was killed.
  await rm(unfinished, { recursive: true, force: true });
  const names = inOrderOfMaking(wanted);
  const areThere = await Promise.all(names.map((name) => isThere(join(folder, name))));
  const missing = names.filter((_, index) => !areThere[index]);
  if (missing.length > 0) await checkRoom(folder, sizes);
  for (const name of missing) {
    signal.throwIfAborted();
    onMaking(name);
    try {
      await mkdir(unfinished);
      const path = join(unfinished, name);
      await makers[name](path, making);
      await rename(path, join(folder, name));
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }
}

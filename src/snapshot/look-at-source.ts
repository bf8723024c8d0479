import { isUtf8 } from 'node:buffer';
import { stat } from 'node:fs/promises';
import { type ForgeError, toForgeError } from '../errors.js';
import { openFileSource } from '../image/byte-source.js';
import { inflateHead } from '../image/gzip-head.js';
import { type ImageInfo, readImageInfo } from '../image/info.js';
import { quoted } from '../manifest/quoted.js';
import type { Finding } from './findings.js';
import type { BatchDisk } from './plan/batch.js';
import { deviceAndInode, type TargetPlaces } from './target-places.js';

/** What there is to know of the source of a disk without reading its guest bytes. */
export interface LookedAt {
  readonly disk: BatchDisk;
  /** Of the state that is taken; undefined where there is a fault. */
  readonly info: ImageInfo | undefined;
  /** Device and inode of the file; undefined where there is a fault. */
  readonly fileId: string | undefined;
  readonly faults: readonly Finding[];
}

// Enough to see that a file is a text, and little enough to be nothing beside the probing.
const lookBytes = 4096;
const sectorBytes = 512;

/** Finds out what a source is, and whether it can be a disk of a batch. */
export async function lookAtSource(disk: BatchDisk, targets: TargetPlaces): Promise<LookedAt> {
  const fault = (key: string, message: string): LookedAt => ({
    disk,
    info: undefined,
    fileId: undefined,
    faults: [{ path: [...disk.planPath, key], message: `${quoted(disk.source)}${message}` }],
  });
  try {
    if (await targets.includes(disk.sourcePath)) {
      return fault('source', ' is where a prepared disk goes; choose another directory');
    }
    const info = await readImageInfo(disk.sourcePath, { format: disk.sourceFormat });
    const { refusal } = info;
    if (refusal !== undefined) {
      const isExternal = refusal.code === 'QCOW2_EXTERNAL_FILE';
      return fault('source', ` ${isExternal ? externalAdvice : adviceHere(refusal.message)}`);
    }
    const noImage = await notAnImage(disk, info);
    if (noImage !== undefined) return fault('source', ` ${noImage}`);
    const state = stateOf(disk, info);
    if (typeof state === 'string') return fault('snapshot', ` ${state}`);
    return { disk, info: state, fileId: await deviceAndInode(disk.sourcePath), faults: [] };
  } catch (thrown) {
    return fault('source', `: ${describe(toForgeError(thrown))}`);
  }
}

const externalAdvice =
  "names another file, for its backing or its data, which prepare does not read; make one file of both with 'omiforge convert --allow-external' first";

/** Advice for a command line, as it is for a plan. */
function adviceHere(message: string): string {
  return message
    .replace('state -f raw', "say 'source-format: raw'")
    .replace('state its format with -f', "state its format with 'source-format'")
    .replace('use - to read a pipe', 'write it to a file first');
}

function describe({ message, code }: ForgeError): string {
  return `${adviceHere(message)} [${code}]`;
}

/** The image in the state that the plan wants, or why there is no such state. */
function stateOf({ snapshot }: BatchDisk, info: ImageInfo): ImageInfo | string {
  if (snapshot === undefined) return info;
  if (info.format === 'raw') return 'is raw, which has no snapshots; leave the snapshot out';
  const known = info.qcow2?.snapshots;
  // Within gzip they are known once it is inflated.
  if (known === undefined) return { ...info, virtualSizeBytes: undefined };
  const found = known.find(({ id }) => id === snapshot) ?? known.find(({ name }) => name === snapshot);
  if (found !== undefined) return { ...info, virtualSizeBytes: found.diskSizeBytes };
  const names = known.map(({ name }) => quoted(name)).join(', ');
  return `has no snapshot ${quoted(snapshot)}; ${names === '' ? 'it has none' : `there are ${names}`}`;
}

/**
 * Why a file that nobody calls a disk is none. Anything can be a raw disk, so whoever means it states the format; without
 * that, a wrong name in a plan would bring any file of this machine into the cloud.
 */
async function notAnImage(
  { sourcePath, sourceFormat }: BatchDisk,
  info: ImageInfo,
): Promise<string | undefined> {
  if (info.virtualSizeBytes === 0) return 'is a disk of 0 bytes; nothing can be imported of it';
  if (info.format !== 'raw' || sourceFormat !== undefined) return undefined;
  const advice = `if it is one nevertheless, say so with 'source-format: ${info.container === 'gz' ? 'raw.gz' : 'raw'}'`;
  const { size } = await stat(sourcePath);
  if (info.container === 'plain' && size % sectorBytes !== 0) {
    return `is no disk image: its length of ${size} bytes is not whole sectors of ${sectorBytes}; ${advice}`;
  }
  return (await isText(sourcePath, info)) ? `is no disk image: it begins with text; ${advice}` : undefined;
}

async function isText(path: string, { container }: ImageInfo): Promise<boolean> {
  await using source = await openFileSource(path);
  const whole = container === 'gz' ? inflateHead(source.head, () => lookBytes) : source.head;
  const head = whole.subarray(0, lookBytes);
  return head.length > 0 && isUtf8(wholeCharacters(head)) && head.every(isOfText);
}

/** Without the last character where it is cut. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  const last = bytes.subarray(-4).findLastIndex((byte) => byte < 0x80 || byte >= 0xc0);
  return last === -1 ? bytes : bytes.subarray(0, bytes.length - Math.min(4, bytes.length) + last);
}

function isOfText(byte: number): boolean {
  return (byte >= 0x20 && byte !== 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

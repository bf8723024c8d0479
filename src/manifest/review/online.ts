import { type ObjectAnswer, probeObject } from '../../cloud/object-probe.js';
import { origins } from './origins.js';
import type { ReviewedDisk } from './review.js';
import type { ReviewFault, Severity } from './review-fault.js';

/** How to ask for objects. */
export interface AskOptions {
  /** For each object; 30 seconds when left out. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const defaultTimeoutMs = 30_000;
/** So many objects are asked for at the same time. */
const mostAtOnce = 4;

/** A disk with a URL that can be sent somewhere. */
type AskableDisk = ReviewedDisk & { readonly url: string };

/**
 * Asks the object storage for the object of each disk of a reviewed manifest, and tells where it is not there, not to be
 * had with the URL, of another length than the manifest says, or of another format than its name.
 *
 * @throws the signal's reason
 */
export async function askForObjects(
  disks: readonly ReviewedDisk[],
  { timeoutMs = defaultTimeoutMs, signal }: AskOptions = {},
): Promise<readonly ReviewFault[]> {
  const askable = disks.filter((disk): disk is AskableDisk => disk.canBeAsked && disk.url !== undefined);
  const found: (readonly ReviewFault[])[] = askable.map(() => []);
  const queue = askable.entries();
  const askOneByOne = async (): Promise<void> => {
    // All loops take from one iterator, so each disk is asked for once.
    for (const [index, disk] of queue) {
      found[index] = answerFaults(disk, await probeObject(disk.url, { timeoutMs, signal }));
    }
  };
  await Promise.all(Array.from({ length: mostAtOnce }, askOneByOne));
  return found.flat();
}

function answerFaults(disk: ReviewedDisk, answer: ObjectAnswer): readonly ReviewFault[] {
  const fault = (severity: Severity, code: string, message: string): ReviewFault => ({
    severity,
    code,
    path: disk.urlPath,
    ...disk.urlPlace,
    message,
    origin: origins.online,
  });
  if (answer.kind === 'unreachable') {
    return [fault('error', 'online-unreachable', unreachableText(answer.reason))];
  }
  if (answer.kind === 'refused') {
    const code = answer.code === undefined ? '' : ` (${answer.code})`;
    return [fault('error', 'online-refused', `${refusalText(answer.status)}${code}`)];
  }
  const { lengthBytes, head } = answer;
  const faults: ReviewFault[] = [];
  if (lengthBytes === undefined) {
    faults.push(fault('warning', 'online-length', 'the storage does not tell how long the object is'));
  } else if (disk.objectSizeBytes !== undefined && lengthBytes !== disk.objectSizeBytes) {
    const message = `the object has ${lengthBytes} bytes, CompressedSize is ${disk.objectSizeBytes}; upload it again, or correct the number`;
    faults.push(fault('error', 'online-length', message));
  }
  const name = disk.filename ?? disk.object?.key ?? '';
  const message = head === undefined ? undefined : contentFault(name, head);
  if (message !== undefined) faults.push(fault('error', 'online-content', message));
  return faults;
}

function unreachableText(reason: string): string {
  if (reason === 'timeout') return 'the storage does not answer in time; try again';
  return `the storage cannot be reached (${reason}); check the URL and the network`;
}

function refusalText(status: number): string {
  if (status === 401) return 'the storage wants a signature (401); pre-sign the URL';
  if (status === 403) {
    return 'the storage refuses the URL (403): it has expired, its signature is wrong, or its keys may not read the object; sign it again';
  }
  if (status === 404) return 'there is no such object in the storage (404); upload it, or correct the URL';
  if (status === 416) return 'the object is empty (416); upload it again';
  if (status >= 300 && status < 400) {
    return `the storage redirects to another URL (${status}), for which the signature is not good; sign for the right host`;
  }
  if (status >= 500) return `the storage has failed (${status}); try again`;
  return `the storage answers with status ${status}; check the URL`;
}

/** What the first bytes of an object say against its name; undefined when they agree, or say nothing. */
function contentFault(name: string, head: Uint8Array): string | undefined {
  const [first, second] = head;
  const isGzip = first === 0x1f && second === 0x8b;
  const isQcow2 = Buffer.from(head).equals(Buffer.from('QFI\xfb', 'latin1'));
  const content = isGzip ? 'gzip' : isQcow2 ? 'a qcow2' : 'neither gzip nor a qcow2';
  const isNamed = name.endsWith('.gz') ? isGzip : name.endsWith('.qcow2') ? isQcow2 : !isGzip && !isQcow2;
  if (isNamed || !/\.(?:gz|qcow2|raw)$/.test(name)) return undefined;
  const ending = name.slice(name.lastIndexOf('.'));
  return `the object is named ${ending} and is ${content}; upload it under the right name, or what belongs there`;
}

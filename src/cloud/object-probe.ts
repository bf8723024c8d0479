/** What the object storage answers to the holder of a URL. */
export type ObjectAnswer =
  | {
      readonly kind: 'found';
      /** Length of the object; undefined when the answer does not tell. */
      readonly lengthBytes: number | undefined;
      /** The first bytes, 4 at most; undefined when the answer is encoded in some way. */
      readonly head: Uint8Array | undefined;
    }
  | {
      readonly kind: 'refused';
      /** HTTP status: anything but 200 and 206. */
      readonly status: number;
      /** Code of the storage, such as NoSuchKey; undefined when the answer has none. */
      readonly code: string | undefined;
    }
  | {
      readonly kind: 'unreachable';
      /** Such as `ECONNREFUSED`, or `timeout`; never with the URL in it. */
      readonly reason: string;
    };

export interface ProbeOptions {
  /** How long to wait for all of the answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** gzip is known by 2 bytes, qcow2 by 4. */
const headBytes = 4;
/** The code stands in the first lines of an error. */
const longestErrorBytes = 4096;

/**
 * Asks for the first bytes of an object, as whoever imports it does: a URL that is signed for GET answers 403 to HEAD.
 * Redirects are not followed, as the signature is for one host.
 *
 * @throws the signal's reason
 */
export async function probeObject(url: string, options: ProbeOptions): Promise<ObjectAnswer> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
  try {
    const response = await fetch(url, {
      // The bytes as they are stored: those of a .gz must not be inflated on the way.
      headers: { range: `bytes=0-${headBytes - 1}`, 'accept-encoding': 'identity' },
      redirect: 'manual',
      signal,
    });
    return await answerOf(response);
  } catch (thrown) {
    options.signal?.throwIfAborted();
    return { kind: 'unreachable', reason: timeout.aborted ? 'timeout' : reasonOf(thrown) };
  }
}

async function answerOf(response: Response): Promise<ObjectAnswer> {
  const { status, headers } = response;
  if (status !== 200 && status !== 206) {
    const body = new TextDecoder().decode(await readHead(response, longestErrorBytes));
    const [, code] = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(body) ?? [];
    return { kind: 'refused', status, code };
  }
  const length = status === 206 ? totalOfRange(headers) : headers.get('content-length');
  const lengthBytes = /^\d{1,15}$/.test(length ?? '') ? Number(length) : undefined;
  const isEncoded = (headers.get('content-encoding') ?? 'identity') !== 'identity';
  if (isEncoded) {
    await response.body?.cancel();
    return { kind: 'found', lengthBytes, head: undefined };
  }
  return { kind: 'found', lengthBytes, head: await readHead(response, headBytes) };
}

function totalOfRange(headers: Headers): string | undefined {
  return /^bytes \d+-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
}

/** Reads so many bytes at most: a server that knows no ranges sends all of the object. */
async function readHead(response: Response, mostBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let lengthBytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    lengthBytes += chunk.length;
    if (lengthBytes >= mostBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, mostBytes);
}

/** The code of the system or of the client; messages may have the URL in them. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  for (const error of [cause, thrown]) {
    const code = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
    if (typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code)) return code;
  }
  return 'no answer';
}

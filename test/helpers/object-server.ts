import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands behind a path of the server. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server of this machine that stands in for the object storage. */
export interface ObjectServer extends AsyncDisposable {
  readonly origin: string;
  /** Method and path of all requests so far. */
  readonly requests: readonly string[];
  /** The most requests that were under way at once. */
  readonly mostAtOnce: number;
}

/** Answers by path, and with 404 to all others. */
export async function serveObjects(answers: Readonly<Record<string, Answer>>): Promise<ObjectServer> {
  const requests: string[] = [];
  let running = 0;
  let mostAtOnce = 0;
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/\?.*/, '');
    requests.push(`${request.method} ${path}`);
    running += 1;
    mostAtOnce = Math.max(mostAtOnce, running);
    response.on('close', () => {
      running -= 1;
    });
    const answer = answers[path] ?? refuse(404, 'NoSuchKey');
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get mostAtOnce() {
      return mostAtOnce;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An object of so many bytes that begins with `head`, given out by ranges as S3 does. */
export function object(head: Uint8Array, lengthBytes: number): Answer {
  return (request, response) => {
    const [, last = ''] = /^bytes=0-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const end = Math.min(Number(last), lengthBytes - 1);
    const range = `bytes 0-${end}/${lengthBytes}`;
    response.writeHead(206, { 'content-range': range, 'content-length': end + 1 });
    response.end(Buffer.concat([head, Buffer.alloc(8)]).subarray(0, end + 1));
  };
}

/** An error as S3 answers it, with what was asked for in it. */
export function refuse(status: number, code: string): Answer {
  return (request, response) => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(
      `<?xml version="1.0"?><Error><Code>${code}</Code><Resource>${request.url}</Resource></Error>`,
    );
  };
}

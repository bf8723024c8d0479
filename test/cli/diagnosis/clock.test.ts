import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { askForTime } from '../../../src/cli/diagnosis/clock.js';

/** A server that takes requests and never answers. */
async function silence() {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('an answer is not waited for without end', async (t) => {
  using server = await silence();
  const answer = await askForTime(server.endpoint, 50, new AbortController().signal);
  t.deepEqual(answer, { failure: 'no answer within 0.05 s' });
});

test('a stop ends the waiting, and is passed on', async (t) => {
  using server = await silence();
  const reason = new DOMException('stopped', 'AbortError');
  const controller = new AbortController();
  const asking = askForTime(server.endpoint, 600_000, controller.signal);
  controller.abort(reason);
  t.is(await t.throwsAsync(asking, { any: true }), reason);
});
